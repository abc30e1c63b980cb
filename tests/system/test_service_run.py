"""The daemon itself as a service manager starts it: the port handed over, each change of state told."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("Windows has neither protocol", allow_module_level=True)

WATCHDOG_USEC = 400_000
SHUTDOWN_SECONDS = 5


@contextmanager
def managed(tmp_path: Path, notify: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`sidecar run` behind `systemd-socket-activate`, which becomes the daemon with the first caller."""
    if shutil.which("systemd-socket-activate") is None:
        assert os.environ.get("CI") != "true", "missing: systemd-socket-activate"
        pytest.skip("missing: systemd-socket-activate")
    (tmp_path / "runtime").mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    variables = {
        "NOTIFY_SOCKET": notify,
        "WATCHDOG_USEC": WATCHDOG_USEC,
        "XDG_RUNTIME_DIR": tmp_path / "runtime",
        "HOME": tmp_path,
    }
    own = (f"--listen=127.0.0.1:{port}", *(f"--setenv={name}={value}" for name, value in variables.items()))
    program = (sys.executable, "-m", "sidecar", "run", "--data-dir", str(tmp_path / "data"))
    process = subprocess.Popen(
        ["systemd-socket-activate", *own, *program],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        assert b"Listening on" in process.stderr.readline()
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_the_manager_hears_of_start_life_and_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        with managed(tmp_path, tmp_path / "notify") as (port, process):
            caller = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            caller.request("GET", "/healthz")
            assert caller.getresponse().status == 200
            caller.close()
            assert manager.recv(4096).startswith(b"READY=1")
            assert [manager.recv(4096) for _ in range(2)] == [b"WATCHDOG=1"] * 2
            sent = time.monotonic()
            process.send_signal(signal.SIGTERM)
            while (said := manager.recv(4096)) == b"WATCHDOG=1":
                pass
            assert said.startswith(b"STOPPING=1")
            assert process.wait(timeout=SHUTDOWN_SECONDS) == 0
            assert time.monotonic() - sent < SHUTDOWN_SECONDS
