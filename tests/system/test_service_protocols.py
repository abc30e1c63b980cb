"""The two protocols of a service manager, each against the real other side."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sidecar.errors import StartupError
from sidecar.service.activation import FIRST_FD, inherited_sockets
from sidecar.service.notify import Notifier

if sys.platform == "win32":
    pytest.skip("Windows has neither protocol", allow_module_level=True)

import fcntl

ROOT = Path(__file__).resolve().parents[2]
STANDIN = Path(__file__).with_name("test_service_standin.py")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone has it")


@contextmanager
def manager_socket(address: str) -> Iterator[socket.socket]:
    """The manager's end of sd_notify."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.settimeout(10)
        receiver.bind(address)
        yield receiver


def test_each_change_of_state_is_one_datagram(tmp_path: Path) -> None:
    with manager_socket(str(tmp_path / "notify")) as receiver:
        notifier = Notifier(str(tmp_path / "notify"))
        assert notifier.ready("serving")
        assert notifier.status("two\nlines READY=1")
        assert notifier.alive()
        assert notifier.stopping("draining")
        received = [receiver.recv(4096) for _ in range(4)]
    assert received == [
        b"READY=1\nSTATUS=serving",
        b"STATUS=two lines READY=1",
        b"WATCHDOG=1",
        b"STOPPING=1\nSTATUS=draining",
    ]


@LINUX
def test_an_abstract_address_is_spoken_to() -> None:
    name = f"feedback-sidecar-test-{os.getpid()}"
    with manager_socket(f"\0{name}") as receiver:
        assert Notifier(f"@{name}").alive()
        assert receiver.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "/nowhere/notify", "@nobody-listens"])
def test_without_a_manager_nothing_happens(address: str | None) -> None:
    assert not Notifier(address).ready("serving")


@LINUX
def test_a_manager_that_does_not_read_holds_nobody_up(tmp_path: Path) -> None:
    with manager_socket(str(tmp_path / "notify")):
        notifier = Notifier(str(tmp_path / "notify"))
        sent = 0
        while notifier.alive():
            sent += 1
            assert sent < 100_000, "the queue has no end"


@contextmanager
def activated(*options: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The stand-in behind `systemd-socket-activate`, on a free port."""
    if shutil.which("systemd-socket-activate") is None:
        assert os.environ.get("CI") != "true", "missing: systemd-socket-activate"
        pytest.skip("missing: systemd-socket-activate")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    own = (f"--listen=127.0.0.1:{port}", f"--setenv=PYTHONPATH={ROOT}", *options)
    program = (sys.executable, str(STANDIN), "run", "--data-dir", "unused")
    process = subprocess.Popen(
        ["systemd-socket-activate", *own, *program],
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


def ask(port: int) -> dict[str, Any]:
    """The stand-in's answer; the first caller is what starts it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/")
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_a_listening_socket_is_taken_over() -> None:
    with activated("--fdname=http") as (port, process):
        told = ask(port)
        assert told["sockets"] == [["127.0.0.1", port]]
        assert told["pid"] == process.pid
        assert told["blocking"] == [False]
        assert told["inheritable"] == [False]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_a_socket_of_datagrams_is_refused() -> None:
    with activated("--datagram") as (port, process), socket.socket(type=socket.SOCK_DGRAM) as caller:
        caller.sendto(b"hello", ("127.0.0.1", port))
        assert process.wait(timeout=10) == 1
        assert process.stderr is not None
        assert b"does not listen for streams" in process.stderr.read()


@contextmanager
def handed_over(*sockets: socket.socket) -> Iterator[None]:
    """Put sockets where a manager leaves them, and afterwards what was there before."""
    places = range(FIRST_FD, FIRST_FD + len(sockets))
    copies = [_copy(each.fileno()) for each in sockets]
    before = {fd: _copy(fd) for fd in places if _is_open(fd)}
    try:
        for fd, copy in zip(places, copies, strict=True):
            os.dup2(copy, fd)
        yield
    finally:
        for fd in places:
            if fd in before:
                os.dup2(before[fd], fd, inheritable=False)
            elif _is_open(fd):
                os.close(fd)
        for copy in (*copies, *before.values()):
            os.close(copy)


def _copy(fd: int) -> int:
    """A copy far above, so that nothing is overwritten before it is copied."""
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100)


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def environment(count: str, **others: str) -> Mapping[str, str]:
    """What a manager sets for process 7."""
    return {"LISTEN_PID": "7", "LISTEN_FDS": count, **others}


@pytest.mark.parametrize(
    "environ",
    [{}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": "8", "LISTEN_FDS": "1"}, {"LISTEN_PID": "", "LISTEN_FDS": "1"}],
)
def test_sockets_for_another_process_are_left_alone(environ: Mapping[str, str]) -> None:
    assert inherited_sockets(environ, 7) == []


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (environment("many"), "has to be a number"),
        (environment("-1"), "has to be a number"),
        (environment("1000000"), "has to be a number"),
        (environment("1", LISTEN_FDNAMES="a:b"), "does not name as many"),
    ],
)
def test_a_broken_environment_is_said_in_words(environ: Mapping[str, str], words: str) -> None:
    with pytest.raises(StartupError, match=words):
        inherited_sockets(environ, 7)


def test_several_sockets_keep_their_order() -> None:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        ports = [one.getsockname()[1], two.getsockname()[1]]
        with handed_over(one, two):
            found = inherited_sockets(environment("2", LISTEN_FDNAMES="http:http"), 7)
            assert [each.getsockname()[1] for each in found] == ports
            for each in found:
                each.close()


def test_a_socket_open_to_the_network_is_refused() -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as wild,  # noqa: S104 - the very thing that is refused
        handed_over(wild),
        pytest.raises(StartupError, match="open to the network"),
    ):
        inherited_sockets(environment("1"), 7)


def test_an_accepted_connection_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        caller = socket.create_connection(server.getsockname())
        accepted, _ = server.accept()
        with (
            caller,
            accepted,
            handed_over(accepted),
            pytest.raises(StartupError, match="does not listen for streams"),
        ):
            inherited_sockets(environment("1"), 7)


def test_a_missing_descriptor_is_said_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, handed_over(server):
        os.close(FIRST_FD)
        with pytest.raises(StartupError, match="is not open"):
            inherited_sockets(environment("1"), 7)


def test_a_file_is_refused_and_left_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, handed_over(server):
        with (tmp_path / "file").open("w") as file:
            os.dup2(file.fileno(), FIRST_FD)
        with pytest.raises(StartupError, match="is no socket"):
            inherited_sockets(environment("1"), 7)
        assert _is_open(FIRST_FD)
