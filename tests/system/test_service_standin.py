"""A daemon as small as can be, for tests of the service: it holds no test itself.

As `test_service_standin.py run --data-dir D` it takes inherited sockets, notifies, and answers each request
with what it sees and may do, as JSON. As `test_service_standin.py look` it prints what it sees.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sidecar.hardware import bucket, detect
from sidecar.service.activation import inherited_sockets
from sidecar.service.notify import Notifier, watchdog_interval

CLONE_NEWUSER = 0x10000000
LINUX_ONLY = "the stand-in asks Linux"
SYSFS_MODELS = Path("/sys/class/drm")


def works(action: Callable[[], object]) -> bool:
    """Whether the system lets us."""
    try:
        action()
    except OSError:
        return False
    return True


def _open_and_close(node: str) -> None:
    os.close(os.open(node, os.O_RDWR))


def machine() -> dict[str, object]:
    """What a hardware probe reads."""
    if sys.platform != "linux":
        raise OSError(LINUX_ONLY)
    nodes = sorted(str(path) for path in Path("/dev").rglob("*") if path.is_char_device())
    found = detect()
    limits = [path for path in Path("/sys/fs/cgroup").rglob("memory.max") if path.read_text() != "max\n"]
    return {
        "memory": Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()[0],
        "devices": nodes,
        "opened": [node for node in nodes if works(partial(_open_and_close, node))],
        "nvidia": [path.read_text() for path in Path("/proc/driver/nvidia").rglob("information")],
        "drm": [path.read_text() for path in sorted(SYSFS_MODELS.rglob("*")) if path.is_file()],
        "memory_limits": [str(path) for path in limits],
        "address_space": resource.getrlimit(resource.RLIMIT_AS),
        "bucket": bucket(found),
        "hardware": repr(found),
    }


def rights(data_dir: str) -> dict[str, object]:
    """What the hardening leaves to the process."""
    if sys.platform != "linux":
        raise OSError(LINUX_ONLY)
    status = dict(
        line.split(":\t", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    )
    home, runtime = Path(os.environ["HOME"]), Path(os.environ["XDG_RUNTIME_DIR"])
    private, temporary = runtime / "feedback-sidecar", Path("/tmp")  # noqa: S108 - the directory in question
    places = {"data": Path(data_dir), "own runtime": private, "tmp": temporary, "home": home}
    others = {"runtime": runtime, "etc": Path("/etc"), "cgroup": Path("/sys/fs/cgroup")}
    return {
        "writes": [name for name, place in (places | others).items() if works((place / "probe").mkdir)],
        "tmp": sorted(path.name for path in temporary.iterdir()),
        "status": {name: status[name] for name in ("CapBnd", "CapEff", "NoNewPrivs", "Seccomp", "Umask")},
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "makes namespaces": ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0,
        "reads kernel log": works(Path("/proc/kmsg").open),
        "sets tunables": works(lambda: os.open("/proc/sys/vm/swappiness", os.O_WRONLY)),
        "own keyring": "invocation_id" in Path("/proc/keys").read_text(encoding="utf-8"),
        "opens inet": works(lambda: socket.socket(socket.AF_INET).close()),
        "opens netlink": works(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()),
        "opens vsock": works(lambda: socket.socket(socket.AF_VSOCK).close()),
    }


def serve(arguments: list[str]) -> None:
    """Answer until SIGTERM."""
    if sys.platform != "linux":
        raise OSError(LINUX_ONLY)
    notifier = Notifier(os.environ.get("NOTIFY_SOCKET"))

    def stop(*_: object) -> None:
        notifier.stopping("stand-in drains")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    listeners = inherited_sockets(os.environ, os.getpid())
    answer = {
        "arguments": arguments,
        "pid": os.getpid(),
        "sockets": [each.getsockname() for each in listeners],
        "blocking": [each.getblocking() for each in listeners],
        "inheritable": [each.get_inheritable() for each in listeners],
        "names": os.environ.get("LISTEN_FDNAMES"),
        "watchdog": watchdog_interval(os.environ.get("WATCHDOG_USEC"), os.environ.get("WATCHDOG_PID")),
        "machine": machine(),
        "rights": rights(arguments[2]) if "XDG_RUNTIME_DIR" in os.environ else None,
    }
    notifier.ready("stand-in serves")
    while listeners:
        listeners[0].settimeout(None)
        caller, _ = listeners[0].accept()
        with caller:
            caller.recv(65536)
            caller.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(answer).encode())
    signal.pause()


if __name__ == "__main__":
    if sys.argv[1] == "look":
        sys.stdout.write(json.dumps(machine()))
    else:
        serve(sys.argv[1:])
