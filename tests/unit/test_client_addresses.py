"""Where a client looks for the daemon, and whom it trusts."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import platformdirs
import pytest

from sidecar import home
from sidecar.client.addresses import candidates, parse
from sidecar.config import APP, Settings
from sidecar.errors import UsageError
from sidecar.home import Endpoint


@pytest.fixture(autouse=True)
def daemon_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[home.Lock]:
    """The user's own data directory, held as by a daemon."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    home.prepare(default_data())
    lock = home.Lock(default_data())
    assert lock.acquire()
    yield lock
    lock.release()


def default_data() -> Path:
    return platformdirs.user_data_path(APP, appauthor=False)


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def path_of_socket(tmp_path: Path) -> Iterator[str]:
    if sys.platform == "win32":
        pytest.skip("Unix sockets are not served on Windows")
    path = str(tmp_path / "s")
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(path)
        yield path


def announce(runtime: Path, *, port: int = 4321, path: str | None = None, pid: int | None = None) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{port}", path, os.getpid() if pid is None else pid, "0.1.0")
    home.publish_endpoint(runtime, endpoint)


def dead_pid() -> int:
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True
    )
    return int(done.stdout)


def default(runtime: Path, *, port: int = 8917, url: str | None = None) -> Settings:
    return Settings(data_dir=default_data(), runtime_dir=runtime, port=port, url=url)


def test_order_is_socket_then_file_then_the_default_port(runtime: Path, path_of_socket: str) -> None:
    announce(runtime, path=path_of_socket)
    found = candidates(default(runtime))
    assert [(each.socket, each.header, each.trusted) for each in found] == [
        (path_of_socket, "127.0.0.1:4321", True),
        (None, "127.0.0.1:4321", True),
        (None, "127.0.0.1:8917", False),
    ]


def test_number_that_another_process_has_by_now_is_no_reason_to_trust(
    runtime: Path, daemon_lock: home.Lock
) -> None:
    """A daemon that was killed drops its lock; its number and its port may be anybody's."""
    announce(runtime)
    assert [each.trusted for each in candidates(default(runtime))] == [True, False]
    daemon_lock.release()
    assert [each.trusted for each in candidates(default(runtime))] == [False, False]


def test_explicit_url_is_the_only_address(runtime: Path) -> None:
    announce(runtime)
    settings = default(runtime, url="http://127.0.0.1:5555")
    assert candidates(settings) == [parse("http://127.0.0.1:5555", trusted=True)]
    assert candidates(settings, "http://localhost:6666") == [parse("http://localhost:6666", trusted=True)]


def test_data_directory_of_ones_own_is_never_served_by_the_default_port(
    tmp_path: Path, runtime: Path
) -> None:
    assert candidates(Settings(data_dir=tmp_path, runtime_dir=runtime)) == []


def test_configured_port_is_the_last_resort(runtime: Path) -> None:
    assert [each.header for each in candidates(default(runtime, port=9000))] == ["127.0.0.1:9000"]
    assert candidates(default(runtime, port=0)) == []


def test_same_address_is_asked_once(runtime: Path) -> None:
    announce(runtime, port=8917)
    assert [each.trusted for each in candidates(default(runtime))] == [True]


def test_file_left_by_a_dead_daemon_is_asked_but_not_trusted(tmp_path: Path, runtime: Path) -> None:
    announce(runtime, pid=dead_pid())
    (found,) = candidates(Settings(data_dir=tmp_path, runtime_dir=runtime))
    assert not found.trusted


@pytest.mark.parametrize("url", ["garbage", "https://127.0.0.1:1", "http://127.0.0.1:port"])
def test_file_of_another_program_is_passed_over(tmp_path: Path, runtime: Path, url: str) -> None:
    home.publish_endpoint(runtime, Endpoint(url, None, os.getpid(), "0.1.0"))
    assert candidates(Settings(data_dir=tmp_path, runtime_dir=runtime)) == []


@pytest.mark.parametrize("pid", [0, -1, 1 << 70])
def test_impossible_process_is_not_trusted(tmp_path: Path, runtime: Path, pid: int) -> None:
    runtime.mkdir(mode=0o700)
    text = f'{{"url":"http://127.0.0.1:4321","socket":null,"pid":{pid},"version":"0"}}'
    home.write_secret(runtime, home.ENDPOINT_FILE, text)
    assert not any(each.trusted for each in candidates(Settings(data_dir=tmp_path, runtime_dir=runtime)))


def test_what_is_no_socket_is_not_asked(tmp_path: Path, runtime: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    for path in (plain, tmp_path / "missing"):
        announce(runtime, path=str(path))
        assert [each.socket for each in candidates(Settings(data_dir=tmp_path, runtime_dir=runtime))] == [
            None
        ]


def test_daemon_on_a_socket_alone_is_asked_there_alone(
    tmp_path: Path, runtime: Path, path_of_socket: str
) -> None:
    home.publish_endpoint(runtime, Endpoint("http://localhost", path_of_socket, os.getpid(), "0.1.0"))
    (found,) = candidates(Settings(data_dir=tmp_path, runtime_dir=runtime))
    assert found.socket == path_of_socket
    assert found.header == "localhost"


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8917",
        "https://127.0.0.1:8917",
        "ftp://127.0.0.1",
        "http://",
        "http://user:secret@127.0.0.1",
        "http://127.0.0.1:8917/path",
        "http://127.0.0.1:8917/?a=1",
        "http://127.0.0.1:99999",
        "http://[::1",
    ],
)
def test_url_of_another_form_is_refused_in_words_without_it(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(url)
    assert "secret" not in raised.value.detail


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8917", True),
        ("http://127.8.9.1", True),
        ("http://localhost:1", True),
        ("http://app.localhost:1/", True),
        ("http://[::1]:8917", True),
        ("http://192.168.1.4:8917", False),
        ("http://host.docker.internal:8917", False),
        ("http://localhost.example.org", False),
    ],
)
def test_only_loopback_is_here(url: str, here: bool) -> None:  # noqa: FBT001  # a column of the table
    assert parse(url).is_here is here


def test_url_without_a_port_means_80() -> None:
    assert (parse("http://localhost").port, parse("http://[::1]:8917").host) == (80, "::1")
