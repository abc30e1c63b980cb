"""`sidecar run`: the daemon in the foreground.

Job: start the daemon, say where it serves, and say whose place it would have taken.
Must not: import what the daemon does not need: no client, no rich; memory and start are counted.
"""

import asyncio
import gc
import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Final

from sidecar import home
from sidecar.cli import arguments
from sidecar.cli.inert import inert
from sidecar.errors import StartupError, UsageError

if TYPE_CHECKING:
    from sidecar.config import Settings
    from sidecar.home import Endpoint

REUSE_SECONDS: Final = 10.0  # of two applications that start together, one serves and the other waits for it
LOOK_AGAIN_SECONDS: Final = 0.1


def declare(_: str, parser: ArgumentParser) -> None:
    """What `run` takes."""
    parser.epilog = "example: sidecar run --reuse"
    parser.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="the port, 0 for any; left out: 8917, or a free one if it is taken",
    )
    parser.add_argument("--socket", metavar="PATH", help="serve on this Unix socket too")
    parser.add_argument(
        "--reuse", action="store_true", help="end at once, with 0, when your daemon serves this data already"
    )
    parser.add_argument(
        "--with-parent", type=int, metavar="PID", help="end when this process ends: the application's own"
    )


def run(_: str, options: Namespace) -> int:
    """Serve until stopped.

    Raises:
        StartupError: it cannot start; the detail says what to do.
    """
    if options.with_parent is not None and options.with_parent <= 0:
        raise UsageError("--with-parent takes the pid of a running process")
    if options.with_parent is not None and not _lives(options.with_parent):
        raise StartupError("the process that --with-parent names has ended already; name one that runs")
    settings = arguments.settings(options)
    if options.reuse and _reused(settings):
        return arguments.DONE
    try:
        _serve(settings, options.with_parent)
    except StartupError as fault:
        if options.reuse and _reused(settings):  # another one was faster by a moment
            return arguments.DONE
        raise _whose_place(settings, fault) from None
    except KeyboardInterrupt:
        pass  # Ctrl-C before the daemon listens for it
    return arguments.DONE


def _lives(pid: int) -> bool:
    """Whether there is such a process; one that ends later is seen by the daemon."""
    import psutil  # noqa: PLC0415  # only for those who ask

    return psutil.pid_exists(pid)


def _serve(settings: "Settings", parent: int | None) -> None:
    gc.disable()  # what is imported now lives as long as the daemon, which enables it again
    from sidecar import daemon  # noqa: PLC0415  # nothing of it is needed to say who serves already
    from sidecar.clock import SystemClock  # noqa: PLC0415

    def announce(endpoint: "Endpoint") -> None:
        port = int(endpoint.url.rpartition(":")[2]) if endpoint.url[-1].isdigit() else None
        instead = "" if port is None or settings.port in {0, port} else f" (port {settings.port} is taken)"
        socket = f" and {endpoint.socket}" if endpoint.socket else ""
        _say(f"serving on {endpoint.url}{instead}{socket}, data in {settings.data_dir}")

    asyncio.run(daemon.run(settings, SystemClock(), parent=parent, announce=announce))


def _reused(settings: "Settings") -> bool:
    """Whether a healthy daemon of this data directory serves; waits for one that is just starting."""
    from sidecar.cli import presence  # noqa: PLC0415  # only for those who ask

    until = time.monotonic() + REUSE_SECONDS
    while time.monotonic() < until:
        found = presence.look(settings)
        if found.holder is None:
            return False
        if found.answers:
            _say(f"already serving {found.words}, data in {settings.data_dir}")
            return True
        time.sleep(LOOK_AGAIN_SECONDS)
    return False


def _whose_place(settings: "Settings", fault: StartupError) -> StartupError:
    """The same error, or, when somebody holds the data directory, who it is and where it serves."""
    from sidecar.cli import presence  # noqa: PLC0415  # nothing runs that should stay small

    if (holder := presence.lock_holder(settings.data_dir)) is None:
        return fault
    found = presence.Presence(endpoint=home.read_endpoint(settings.runtime_dir), holder=holder, health=None)
    return StartupError(
        f"your daemon serves this data directory already, {found.words}; use that one (`run --reuse` ends "
        "with 0 then), or name another --data-dir"
    )


def _say(words: str) -> None:
    """At once: whoever started us may read it through a pipe."""
    print(inert(words), flush=True)
