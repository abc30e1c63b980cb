"""Another user of this machine: a process of a uid that no account needs.

Job: send bytes to a daemon as somebody else, over TCP or a Unix socket, and bring back what was answered.
Must not: leave the process of the test with another uid, or hide that a connection was refused.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

UNUSED_UID: Final = 54_321  # a uid needs no account to own a process
WAIT_SECONDS: Final = 30.0  # bounds a hang

SPEAK: Final = """
import json, os, socket, struct, sys
told = json.load(sys.stdin)
if os.getuid() != told["uid"]:
    os.setgroups([])
    os.setgid(told["uid"])
    os.setuid(told["uid"])
family = getattr(socket, told["family"])
where = told["where"] if isinstance(told["where"], str) else tuple(told["where"])
try:
    with socket.socket(family) as line:
        line.settimeout(told["seconds"])
        line.connect(where)
        line.sendall(told["bytes"].encode("latin-1"))
        if told["how"] == "resets":
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if told["how"] == "half-closes":
            line.shutdown(socket.SHUT_WR)
        answer = b""
        while told["how"] in ("waits", "half-closes") and (piece := line.recv(65536)):
            answer += piece
except OSError as fault:
    json.dump({"fault": type(fault).__name__}, sys.stdout)
else:
    json.dump({"answer": answer.decode("latin-1")}, sys.stdout)
"""
"""The standard library alone: the process has given up its rights to read ours."""


class Said(NamedTuple):
    """What came of it."""

    answer: bytes
    fault: str | None


def say(  # noqa: PLR0913  # each is a way of being somebody else
    where: tuple[str, int] | Path,
    sent: bytes,
    *,
    uid: int = UNUSED_UID,
    how: str = "waits",
    mapped: bool = False,
    prefix: Sequence[str] = (),
) -> Said:
    """Send bytes as another user, or from another place.

    Args:
        where: host and port, or the path of a Unix socket.
        sent: the bytes.
        uid: of the process.
        how: what it does then: `waits` for all answers, `half-closes` and waits, `closes`, or `resets`.
        mapped: connects from an IPv6 socket to an IPv4 address.
        prefix: a program to run it under, as `("ip", "netns", "exec", NAME)`.
    """
    if isinstance(where, Path):
        family, place = "AF_UNIX", str(where)
    else:
        six = mapped or ":" in where[0]
        family = "AF_INET6" if six else "AF_INET"
        place = [f"::ffff:{where[0]}" if mapped else where[0], where[1]]  # type: ignore[assignment]  # JSON
    told = {
        "uid": uid,
        "family": family,
        "where": place,
        "bytes": sent.decode("latin-1"),
        "how": how,
        "seconds": WAIT_SECONDS,
    }
    done = subprocess.run(
        [*prefix, sys.executable, "-I", "-c", SPEAK],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
        timeout=2 * WAIT_SECONDS,
        cwd="/",
    )
    found = json.loads(done.stdout)
    return Said(found.get("answer", "").encode("latin-1"), found.get("fault"))


def has_ipv6() -> bool:
    """Whether this machine has an IPv6 loopback."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
