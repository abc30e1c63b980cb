"""`sidecar run`: one daemon for each data directory, and words for whoever comes second."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.needs import skip
from tests.support.shell import Shell

SERVING = re.compile(r"serving on (http://127\.0\.0\.1:(\d+))(.*), data in (\S+)\n")
END_SECONDS = 30


class Running:
    """`sidecar run` that has said where it serves."""

    def __init__(self, shell: Shell, *words: object) -> None:
        self.process = shell.start("run", *words)
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    @property
    def url(self) -> str:
        """Where it says it serves."""
        found = SERVING.fullmatch(self.line)
        assert found, (self.line, self.process.communicate(timeout=END_SECONDS))
        return found[1]

    def healthy(self) -> bool:
        """Whether it answers there."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=END_SECONDS)
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        status: str = json.loads(answer.read())["status"]
        connection.close()
        return status == "ok"

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End it; returns its exit code and its stderr."""
        self.process.send_signal(by)
        _, err = self.process.communicate(timeout=END_SECONDS)
        return self.process.returncode, err

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=END_SECONDS)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as found:
        yield found


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A user without a daemon."""
    return Shell(tmp_path)


def start(stack: ExitStack, shell: Shell, *words: object) -> Running:
    running = Running(shell, *words)
    stack.callback(running.close)
    return running


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_run_says_where_it_serves_and_ends_quietly(
    stack: ExitStack, shell: Shell, by: signal.Signals
) -> None:
    running = start(stack, shell, "--port", 0)
    assert running.healthy()
    assert str(shell.data_dir) in running.line
    assert running.end(by) == (0, "")


def test_a_second_run_fails_and_names_the_address_of_the_first(stack: ExitStack, shell: Shell) -> None:
    first = start(stack, shell, "--port", 0)
    said = shell("run", "--port", 0)
    assert (said.code, said.out) == (1, "")
    assert first.url in said.err
    assert f"pid {first.process.pid}" in said.err
    assert said.err.count("\n") == 1
    assert first.healthy(), "the first one goes on"


def test_reuse_ends_with_0_where_a_daemon_serves_and_starts_one_where_none_does(
    stack: ExitStack, shell: Shell
) -> None:
    first = start(stack, shell, "--reuse", "--port", 0)
    assert first.healthy()
    said = shell("run", "--reuse")
    assert said.code == 0
    assert first.url in said.out
    first.process.kill()
    first.process.wait(END_SECONDS)
    assert start(stack, shell, "--reuse", "--port", 0).healthy(), "a killed daemon is not reused"


def test_of_two_that_start_with_reuse_at_once_one_serves_and_both_end_well(
    stack: ExitStack, shell: Shell
) -> None:
    both = [shell.start("run", "--reuse", "--port", 0) for _ in range(2)]
    for process in both:
        stack.callback(process.communicate, timeout=END_SECONDS)
        stack.callback(process.kill)
    lines = [process.stdout.readline() for process in both if process.stdout is not None]
    assert sorted(line.split(" on ")[0] for line in lines) == ["already serving", "serving"]
    other = next(process for process, line in zip(both, lines, strict=True) if line.startswith("already"))
    assert other.wait(END_SECONDS) == 0


def test_another_data_directory_has_a_daemon_of_its_own(
    stack: ExitStack, shell: Shell, tmp_path: Path
) -> None:
    first = start(stack, shell, "--port", 0)
    second = start(stack, shell, "--reuse", "--data-dir", tmp_path / "other", "--port", 0)
    assert second.url != first.url
    assert second.healthy()


def test_a_port_that_was_named_and_is_taken_is_an_error(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = shell("run", "--port", port)
    assert said.code == 1
    assert f"port {port} is taken" in said.err


def test_a_port_of_the_configuration_that_is_taken_is_replaced_and_said(
    stack: ExitStack, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = start(stack, Shell(tmp_path, SIDECAR_PORT=str(port)))
        assert f"(port {port} is taken)" in running.line
        assert running.healthy()


def test_a_socket_is_served_too_and_named(stack: ExitStack, shell: Shell, tmp_path: Path) -> None:
    if sys.platform == "win32":
        skip("Unix sockets")
    running = start(stack, shell, "--port", 0, "--socket", tmp_path / "s")
    assert f" and {tmp_path / 's'}," in running.line
    assert (tmp_path / "s").is_socket()
    assert shell("status", "--json").json["socket"] == str(tmp_path / "s")


def test_the_daemon_ends_with_its_parent(stack: ExitStack, shell: Shell) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stack.callback(parent.wait, END_SECONDS)
    running = start(stack, shell, "--port", 0, "--with-parent", parent.pid)
    assert running.healthy()
    parent.communicate(b"\n", timeout=END_SECONDS)
    assert running.process.wait(END_SECONDS) == 0


def test_a_parent_that_has_ended_already_is_refused_at_once(shell: Shell) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait(END_SECONDS)
    said = shell("run", "--port", 0, "--with-parent", gone.pid)
    assert (said.code, said.out) == (1, "")
    assert "has ended already" in said.err


def test_run_loads_nothing_that_only_other_commands_need(
    stack: ExitStack, shell: Shell, tmp_path: Path
) -> None:
    words = stack.enter_context((tmp_path / "imports").open("w+"))
    process = shell.start("run", "--port", 0, err=words, PYTHONVERBOSE="1")
    stack.callback(process.communicate, timeout=END_SECONDS)
    stack.callback(process.kill)
    assert process.stdout is not None
    assert SERVING.fullmatch(process.stdout.readline())
    loaded = set(re.findall(r"^import '([\w.]+)'", (tmp_path / "imports").read_text(), re.MULTILINE))
    assert "sidecar.daemon" in loaded
    unwanted = {"rich", "sidecar.client", "sidecar.imports", "sidecar.cli.screen", "sidecar.cli.presence"}
    assert not {name for name in loaded if name in unwanted or name.startswith("rich.")}


def test_python_m_sidecar_is_the_same_command(shell: Shell) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sidecar", "status", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=shell.environment,
    )
    assert json.loads(ended.stdout) == shell("status", "--json").json
