"""Tell the service manager how the daemon is: the sd_notify protocol, see sd_notify(3).

Job: send one datagram per change of state to the manager's socket; do nothing where there is none.
Must not: read the environment, raise, or wait long: a manager that does not listen never stops the daemon.
"""

import os
import socket
import sys

PATIENCE_SECONDS = 0.5
"""A full queue of the manager empties at once; a manager that hangs must not hold the daemon's loop."""


class Notifier:
    """The way to the manager.

    Args:
        address: the value of `NOTIFY_SOCKET`: a path, `@name` for an abstract socket, or None.
    """

    def __init__(self, address: str | None) -> None:
        self._address = _socket_address(address)

    def ready(self, words: str) -> bool:
        """Requests are served from now on; `words` is what `systemctl status` shows."""
        return self._send("READY=1", _status(words))

    def status(self, words: str) -> bool:
        """One line for `systemctl status`."""
        return self._send(_status(words))

    def stopping(self, words: str) -> bool:
        """The drain has begun."""
        return self._send("STOPPING=1", _status(words))

    def alive(self) -> bool:
        """Keep the watchdog quiet for another of its intervals."""
        return self._send("WATCHDOG=1")

    def _send(self, *fields: str) -> bool:
        """True when the manager's socket took the datagram."""
        if sys.platform == "win32" or self._address is None:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(PATIENCE_SECONDS)
            try:
                sender.sendto("\n".join(fields).encode(), self._address)
            except OSError:
                return False
        return True


def _socket_address(address: str | None) -> str | None:
    """The kernel's form of an address; forms other than a path and an abstract name are not ours to speak."""
    if not address or address[0] not in "/@":
        return None
    return "\0" + address[1:] if address[0] == "@" else address


def _status(words: str) -> str:
    """A line break would begin another field."""
    return "STATUS=" + " ".join(words.split())


def watchdog_interval(usec_text: str | None, pid_text: str | None) -> float | None:
    """Seconds between two signs of life: half of what the manager allows, as sd_watchdog_enabled(3) advises.

    Args:
        usec_text: the value of `WATCHDOG_USEC`.
        pid_text: the value of `WATCHDOG_PID`; absent means whoever reads it.

    Returns:
        None when no watchdog waits for this process.
    """
    if usec_text is None or not usec_text.isdecimal() or int(usec_text) == 0:
        return None
    if pid_text is not None and pid_text != str(os.getpid()):
        return None
    return int(usec_text) / 2_000_000
