"""The units under a real user manager: `systemd --user` in namespaces of its own, as a user without rights.

The manager sees its own /run, /dev, network and control group, and files that a machine with GPUs would have;
nothing of the machine that runs the test is changed. Root is needed to build that, and is given up inside:
the manager runs as number 4321 with no capability.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

if sys.platform != "linux":
    pytest.skip("systemd is Linux", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("systemd", "systemctl", "unshare", "nsenter", "setpriv", "ip", "mount")
RUNTIME = "/run/user/4321"
HOME = f"{RUNTIME}/home"
DATA_DIR = f"""{HOME}/da ta 100% $HOME "q" \\n é"""
"""Everything that a unit file could misread; the directory must arrive as it is written here."""

PYTHON = os.path.realpath(sys.executable)
"""Not the virtual environment's: a checkout below /tmp would be hidden from the service."""

INTERPRETER = ("/usr/bin/env", "PYTHONPATH=/run/checkout:/run/packages", PYTHON)
STANDIN = (*INTERPRETER, "/run/checkout/tests/system/test_service_standin.py")

CONNECT = "exec 3<> /dev/tcp/127.0.0.1/8917"

CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
"""Where the new hierarchy is mounted, alone or beside the old ones."""

ASK = """
import sys, urllib.request
path, body = sys.argv[1:]
headers = {"Content-Type": "application/json"}
request = urllib.request.Request(f"http://127.0.0.1:8917{path}", body.encode() or None, headers)
print(urllib.request.urlopen(request, timeout=30).read().decode())
"""

BUILD = r"""
set -eu
mount --make-rprivate /
umount -R /sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir "/sys/fs/cgroup/$GROUP"
echo $$ > "/sys/fs/cgroup/$GROUP/cgroup.procs"
mount -t tmpfs tmpfs /mnt
mkdir /mnt/checkout /mnt/packages
mount --bind "$CHECKOUT" /mnt/checkout
mount --bind "$PACKAGES" /mnt/packages
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system /run/dev /run/checkout /run/packages "$HOME"
mount --move /mnt/checkout /run/checkout
mount --move /mnt/packages /run/packages
chmod 700 "$XDG_RUNTIME_DIR"
mount -t proc proc /proc
mount -t tmpfs -o mode=755 tmpfs /proc/driver
mkdir -p /proc/driver/nvidia/gpus/0000:01:00.0
echo "Model: NVIDIA GeForce RTX 4090" > /proc/driver/nvidia/gpus/0000:01:00.0/information
mount -t tmpfs -o mode=755 tmpfs /sys/class
mkdir -p /sys/class/drm/card0/device
echo 0x1002 > /sys/class/drm/card0/device/vendor
echo 17163091968 > /sys/class/drm/card0/device/mem_info_vram_total
mount -t tmpfs -o mode=755 tmpfs /run/dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /run/dev
mkdir /run/dev/dri /run/dev/shm /run/dev/pts
mknod -m 666 /run/dev/nvidia0 c 1 3
mknod -m 666 /run/dev/nvidiactl c 1 3
mknod -m 666 /run/dev/kfd c 1 3
mknod -m 660 /run/dev/dri/renderD128 c 1 3
mount --move /run/dev /dev
ip link set lo up
exec unshare --cgroup bash -euc '
umount /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec unshare --user --map-user=4321 --map-group=4321 --keep-caps bash -euc "
[ -z \"$LIMIT\" ] || echo 0 > /proc/sys/user/$LIMIT
setpriv --inh-caps=-all --ambient-caps=-all systemd --user &
wait"'
"""

DRIVER = r"""
import sys
from pathlib import Path
import msgspec
sys.path.insert(0, "/run/checkout")
from sidecar.service import manage
from sidecar.service.host import this_host
host = this_host(Path.home(), Path.home() / ".config")
doing, data_dir, *command = sys.argv[1:]
match doing:
    case "install": done = manage.install(host, command, Path(data_dir))
    case "uninstall": done = manage.uninstall(host)
    case "status": done = manage.status(host)
print(msgspec.json.encode(done).decode())
"""


class UserManager:
    """A running `systemd --user`, and the way to run commands beside it."""

    def __init__(self, environment: dict[str, str], inner: str) -> None:
        self._environment = environment
        self._inner = inner

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the manager's user, in its namespaces."""
        spaces = ("--user", "--mount", "--pid", "--net", "--cgroup", "--preserve-credentials")
        return subprocess.run(
            ["nsenter", "--target", self._inner, *spaces, "--wd=/", "--", *command],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def sidecar(self, doing: str, command: tuple[str, ...] = STANDIN) -> dict[str, Any]:
        """What `sidecar service` would do and say, with the real commands."""
        done = self.run(sys.executable, "-c", DRIVER, doing, DATA_DIR, *command)
        assert done.returncode == 0, done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def ask(self, path: str = "/", body: str = "") -> dict[str, Any]:
        """One HTTP request to the port of the socket unit; waits as long as the manager holds the caller."""
        done = self.run(PYTHON, "-c", ASK, path, body)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def is_up(self) -> bool:
        """The manager has read its units."""
        return self.run("systemctl", "--user", "is-system-running").stdout.strip() in ("running", "degraded")


@contextmanager
def user_manager(limit: str = "") -> Iterator[UserManager]:
    """A user manager of its own; `limit` names a kind of namespace that its system refuses."""
    group = f"feedback-sidecar-test-{uuid.uuid4().hex}"
    environment = {
        "PATH": os.environ["PATH"],
        "XDG_RUNTIME_DIR": RUNTIME,
        "HOME": HOME,
        "GROUP": group,
        "LIMIT": limit,
        "CHECKOUT": str(ROOT),
        "PACKAGES": sysconfig.get_path("platlib"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    spaces = ("--mount", "--pid", "--net", "--ipc", "--fork")
    outer = subprocess.Popen(["unshare", *spaces, "bash", "-c", BUILD], env=environment, cwd="/")
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    _wait_until(lambda: children.read_text(encoding="ascii") != "", "the namespaces are there")
    inner = children.read_text(encoding="ascii").split()[0]
    try:
        manager = UserManager(environment, inner)
        _wait_until(manager.is_up, "the user manager is up")
        yield manager
    finally:
        os.kill(int(inner), signal.SIGKILL)  # the first process of its namespace takes all others with it
        outer.wait()
        _wait_until(lambda: _remove_group(group), "its control group goes")


def _wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


def _remove_group(group: str) -> bool:
    """The kernel keeps a group as long as a killed process is in it."""
    for top in [path / group for path in CGROUPS if (path / group).is_dir()]:
        for directory in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            with suppress(OSError):
                directory.rmdir()
        with suppress(OSError):
            top.rmdir()
    return not any((path / group).is_dir() for path in CGROUPS)


def _missing() -> str | None:
    """Why no user manager can be had here."""
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        assert os.environ.get("CI") != "true", f"missing: {', '.join(absent)}"
        return f"missing: {', '.join(absent)}"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--net", "--fork", "true"], check=False)
    return None if os.getuid() == 0 and tried.returncode == 0 else "needs root to make namespaces of its own"


@pytest.fixture(scope="module", autouse=True)
def _possible() -> None:
    reason = _missing()
    if reason is not None:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def hardened() -> Iterator[tuple[UserManager, dict[str, Any]]]:
    """A manager on a system that grants namespaces, with the service installed; and what install said."""
    with user_manager() as manager:
        yield manager, manager.sidecar("install")


def test_install_starts_the_service_and_says_so(hardened: tuple[UserManager, dict[str, Any]]) -> None:
    manager, said = hardened
    units = f"{HOME}/.config/systemd/user"
    assert said["files"] == [f"{units}/feedback-sidecar.service", f"{units}/feedback-sidecar.socket"]
    assert said["done"]
    assert any("enable-linger" in hint for hint in said["hints"])
    status = manager.sidecar("status")
    assert (status["state"], status["enabled"], status["pid"]) == ("active", True, manager.ask()["pid"])


def test_install_again_changes_nothing(hardened: tuple[UserManager, dict[str, Any]]) -> None:
    manager, _ = hardened
    before = manager.ask()["pid"]
    assert manager.sidecar("install")["files"] == []
    assert manager.ask()["pid"] == before


def test_a_path_reaches_the_daemon_as_it_is_written(hardened: tuple[UserManager, dict[str, Any]]) -> None:
    assert hardened[0].ask()["arguments"] == ["run", "--data-dir", DATA_DIR]


def test_the_manager_hands_over_the_port_and_a_watchdog(hardened: tuple[UserManager, dict[str, Any]]) -> None:
    told = hardened[0].ask()
    assert told["sockets"] == [["127.0.0.1", 8917]]
    assert told["names"] == "http"
    assert told["watchdog"] == 15.0


def test_the_machine_looks_the_same_inside_and_outside(hardened: tuple[UserManager, dict[str, Any]]) -> None:
    manager, _ = hardened
    outside = json.loads(manager.run(*STANDIN, "look").stdout)
    assert "/dev/nvidia0" in outside["opened"]
    assert "/dev/dri/renderD128" in outside["opened"]
    assert outside["nvidia"]
    assert outside["bucket"].endswith("_gpuTrue")
    assert manager.ask()["machine"] == outside


def test_the_hardening_takes_effect(hardened: tuple[UserManager, dict[str, Any]]) -> None:
    told = hardened[0].ask()["rights"]
    assert told["writes"] == ["data", "own runtime", "tmp"]
    assert told["tmp"] == ["probe"], "another program's temporary files are seen"
    assert told["status"] == {
        "CapBnd": "0000000000000000",
        "CapEff": "0000000000000000",
        "NoNewPrivs": "1",
        "Seccomp": "2",
        "Umask": "0077",
    }
    assert told["core"] == [0, 0]
    refused = ("makes namespaces", "reads kernel log", "sets tunables", "opens vsock")
    assert [name for name in refused if told[name]] == []
    granted = ("opens inet", "opens netlink", "own keyring")
    assert [name for name in granted if not told[name]] == []


def test_a_killed_daemon_is_started_again_and_callers_wait(
    hardened: tuple[UserManager, dict[str, Any]],
) -> None:
    manager, _ = hardened
    before = manager.ask()["pid"]
    manager.run("kill", "-KILL", str(before))
    assert manager.ask()["pid"] != before


@pytest.mark.parametrize("refused", ["max_user_namespaces", "max_mnt_namespaces"])
def test_a_system_that_refuses_namespaces_gets_the_service_without(refused: str) -> None:
    with user_manager(refused) as manager:
        said = manager.sidecar("install")
        assert said["files"][-1].endswith("feedback-sidecar.service.d/no-namespaces.conf")
        assert said["done"]
        assert any("refuses user namespaces" in hint for hint in said["hints"])
        told = manager.ask()
        assert "home" in told["rights"]["writes"]
        assert told["rights"]["status"]["Seccomp"] == "2"
        gone = manager.sidecar("uninstall")
        assert gone["files"] == [*said["files"][1::-1], said["files"][2]]


def test_a_taken_port_is_said_and_keeps_the_service_from_nothing() -> None:
    hold = "import socket, time; held = socket.create_server(('127.0.0.1', 8917)); time.sleep(600)"
    with user_manager() as manager:
        manager.run("bash", "-c", f'{PYTHON} -c "{hold}" > /dev/null 2>&1 &')
        _wait_until(lambda: manager.run("bash", "-c", CONNECT).returncode == 0, "the port is taken")
        said = manager.sidecar("install")
        assert said["done"]
        assert "port is taken" in said["hints"][0]


def test_uninstall_leaves_nothing_but_the_data() -> None:
    with user_manager() as manager:
        manager.sidecar("install")
        assert manager.sidecar("uninstall")["done"]
        left = manager.run("find", f"{HOME}/.config/systemd", "-not", "-type", "d")
        assert left.stdout == ""
        assert manager.run("test", "-d", DATA_DIR).returncode == 0
        status = manager.sidecar("status")
        assert (status["installed"], status["state"], status["pid"]) == (False, "inactive", None)


def test_the_daemon_itself_works_inside_the_unit() -> None:
    with user_manager() as manager:
        said = manager.sidecar("install", (*INTERPRETER, "-m", "sidecar"))
        assert said["done"], said["hints"]
        outside = json.loads(manager.run(*STANDIN, "look").stdout)["bucket"]
        sent = json.dumps({"feedback_type": "rating", "model": "llama3.1:8b", "rating": 5})
        assert manager.ask("/v1/feedback", sent)["hardware_bucket"] in (outside, None)
        _wait_until(
            lambda: manager.ask("/v1/hardware")["hardware_bucket"] is not None, "the probe has answered"
        )
        assert manager.ask("/v1/hardware")["hardware_bucket"] == outside
        assert manager.run("systemctl", "--user", "stop", "feedback-sidecar.service").returncode == 0
        told = manager.run("systemctl", "--user", "show", "--property=Result", "feedback-sidecar.service")
        assert told.stdout == "Result=success\n"
