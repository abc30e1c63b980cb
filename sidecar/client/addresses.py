"""Where the daemon may be found, the most certain place first.

Job: turn settings and the discovery file into addresses, and say which of them may see a secret.
Must not: connect to anything.

    an explicit address ........ the only one that is asked
    else  Unix socket of endpoint.json -> url of endpoint.json -> http://127.0.0.1:8917

The last one is a guess: on a machine with several users the daemon of another may hold that port. It gets no
token and no text that was not scrubbed, and it is left out for a data directory of one's own, whose records
must never reach the daemon of another directory.
"""

import os
import stat
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import platformdirs
from msgspec import Struct
from msgspec.structs import replace

from sidecar.config import APP, Settings
from sidecar.errors import UsageError
from sidecar.home import Endpoint, is_held, read_endpoint

HTTP_PORT: Final = 80  # of a url that names none
LOOPBACK: Final = "127.0.0.1"


class Address(Struct, frozen=True, kw_only=True):
    """One place to ask.

    Attributes:
        host, port: where to connect, unless there is a `socket`.
        header: value of the Host header; the daemon answers to its own names only.
        socket: path of a Unix socket.
        trusted: the user named it, or a file that only this user can write did while its daemon lives.
    """

    host: str
    port: int
    header: str
    socket: str | None = None
    trusted: bool = False

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, where the daemon looks into our spool."""
        return self.socket is not None or _is_loopback(self.host)

    @property
    def base(self) -> str:
        """The beginning of a url that connects there."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}" if self.socket is None else f"http://{self.header}"


def candidates(settings: Settings, url: str | None = None) -> list[Address]:
    """The addresses to try, in this order.

    Raises:
        UsageError: an explicit url that is none.
    """
    explicit = url or settings.url
    if explicit:
        return [parse(explicit, trusted=True)]
    found = _announced(read_endpoint(settings.runtime_dir), settings.data_dir)
    if settings.port and settings.data_dir == platformdirs.user_data_path(APP, appauthor=False):
        guess = parse(f"http://127.0.0.1:{settings.port}")
        if guess.header not in {each.header for each in found if each.socket is None}:
            found.append(guess)
    return found


def parse(url: str, *, trusted: bool = False) -> Address:
    """`http://127.0.0.1:8917` as an address.

    Raises:
        UsageError: not of the form http://host[:port].
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    plain = host and parts.scheme == "http" and "@" not in parts.netloc
    if not plain or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise UsageError("name the daemon as http://host:port")
    # What answers first decides which address `localhost` is. The daemon is always on this one, and a program
    # on [::1] with the same port could pass our questions on to it.
    host = LOOPBACK if host == "localhost" else host
    return Address(host=host or "", port=port or HTTP_PORT, header=parts.netloc, trusted=trusted)


def for_a_browser(places: list[Address]) -> list[Address]:
    """The places that a browser can open, under the name that leads nowhere else."""
    return [replace(each, header=each.base.removeprefix("http://")) for each in places if each.socket is None]


def _announced(endpoint: Endpoint | None, data_dir: Path) -> list[Address]:
    """What the discovery file names. A daemon that was killed leaves it behind, and its port to anybody."""
    if endpoint is None:
        return []
    try:
        over_tcp = parse(endpoint.url, trusted=_lives(endpoint.pid) and is_held(data_dir))
    except UsageError:  # a file that no daemon of ours wrote
        return []
    found = []
    if endpoint.socket is not None and _is_own_socket(Path(endpoint.socket)):
        header = over_tcp.header
        found.append(Address(host="", port=0, header=header, socket=endpoint.socket, trusted=True))
    if urlsplit(endpoint.url).port is not None:
        found.append(over_tcp)
    return found


def _lives(pid: int) -> bool:
    """Whether a process of this user has that number."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415  # signal 0 is Ctrl-C on Windows, and elsewhere psutil is not needed

        return bool(psutil.pid_exists(pid))
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return True


def _is_own_socket(path: Path) -> bool:
    """Whether a socket of this user is there; one of somebody else is not asked."""
    if sys.platform == "win32":
        return False
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISSOCK(found.st_mode) and found.st_uid == os.geteuid()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
