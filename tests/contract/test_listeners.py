"""Submit-only listeners as their owner meets them: configuration, commands, and a client with its token."""

import re
import socket
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sidecar import config
from sidecar.client import FeedbackClient
from sidecar.errors import ConfigError, NotFound, SubmitTokenNeeded
from tests.support import daemon
from tests.support.daemon import Daemon
from tests.support.needs import need
from tests.support.plain_http import ask, url_of
from tests.support.shell import Shell
from tests.support.somebody import has_ipv6

TABLE = 'name="apps"\naddress="{address}"\nport={port}\nhosts=["localhost"]\n'


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with closing(socket.create_server((host, 0))) as listening:
        return int(listening.getsockname()[1])


def write(folder: Path, *tables: str) -> Path:
    """A config.toml with these tables."""
    path = folder / "config.toml"
    path.write_text("".join(f"[[listen]]\n{table}\n" for table in tables))
    return path


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def shell(tmp_path: Path, port: int) -> Shell:
    """Somebody who wrote a listener down."""
    path = write(tmp_path, TABLE.format(address="127.0.0.1", port=port))
    return Shell(tmp_path, SIDECAR_CONFIG=str(path))


@pytest.fixture
def served(shell: Shell) -> Iterator[Daemon]:
    """Their daemon."""
    settings = {"CONFIG": shell.environment["SIDECAR_CONFIG"], "HARDWARE_BUCKET": "unknown"}
    with daemon.start(shell.data_dir, settings=settings) as running:
        yield running


def test_a_client_submits_with_the_submit_token(
    served: Daemon, shell: Shell, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = shell("token", "--listener", "apps").out.strip()
    url = f"http://localhost:{port}"
    with FeedbackClient(url=url, submit_token=token, spool=False) as client:
        receipt = client.rate("llama3.1:8b", rating=4)
        assert receipt.feedback_id is not None
        client.change(receipt.feedback_id, rating=2)
        assert client.health()["status"] == "ok"
        client.undo(receipt.feedback_id)
        assert len(client.submit_batch([{"feedback_type": "usage_pattern", "action": "copy"}] * 2)) == 2
        with pytest.raises(NotFound):
            client.hardware()
    with (
        FeedbackClient(url=url, spool=False) as client,
        pytest.raises(SubmitTokenNeeded, match="sidecar token"),
    ):
        client.rate("llama3.1:8b", rating=4)
    monkeypatch.setenv("SIDECAR_SUBMIT_TOKEN", f"{token}\n")
    with FeedbackClient(url=url, spool=False) as client:
        assert client.rate("llama3.1:8b", rating=4).feedback_id
    with served.caller(manages=True) as caller:
        assert len(caller.rows("/v1/feedback")) == 3


async def test_the_client_for_loops_submits_with_it_too(served: Daemon, port: int) -> None:
    from sidecar.client import AsyncFeedbackClient  # noqa: PLC0415  # one test of this file is of a loop

    token = (served.data_dir / "submit-token-apps").read_text()
    how = {"url": f"http://localhost:{port}", "spool": False}
    async with AsyncFeedbackClient(submit_token=token, **how) as client:  # type: ignore[arg-type]
        assert (await client.rate("llama3.1:8b", rating=4)).feedback_id


def test_status_says_what_a_container_needs_and_never_the_token(
    served: Daemon, shell: Shell, port: int
) -> None:
    (found,) = shell("status", "--json").json["listeners"]
    assert found == {
        "name": "apps",
        "place": f"127.0.0.1:{port}",
        "hosts": [f"localhost:{port}"],
        "token": "sidecar token --listener apps",
        "open_to_all": False,
    }
    words = shell("status").out
    assert f"apps on 127.0.0.1:{port}; token: sidecar token --listener apps" in words
    assert f"submit to http://localhost:{port}" in words
    secret = (served.data_dir / "submit-token-apps").read_text().strip()
    said = "".join(shell(*command).out for command in (["status"], ["status", "--json"], ["doctor"]))
    assert secret not in said + served.log
    assert "apps on 127.0.0.1" in shell("doctor").out


def test_the_submit_token_is_printed_made_and_rotated_by_name(shell: Shell) -> None:
    first = shell("token", "--listener", "apps").out.strip()
    path = shell.data_dir / "submit-token-apps"
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert shell("token", "rotate", "--listener", "apps").out.strip() == path.read_text() != first
    assert shell("token").out.strip() not in {first, path.read_text()}
    unknown = shell("token", "--listener", "../manage-token")
    assert (unknown.code, unknown.out) == (2, "")
    assert "there is: apps" in unknown.err


def test_uninstall_takes_the_submit_token_along(shell: Shell) -> None:
    shell("token", "--listener", "apps")
    assert shell("uninstall", "--yes").code == 0
    assert not (shell.data_dir / "submit-token-apps").exists()


def test_a_listener_that_cannot_be_opened_takes_nothing_from_its_owner(
    shell: Shell, port: int, tmp_path: Path
) -> None:
    settings = {"CONFIG": str(tmp_path / "config.toml")}
    with (
        closing(socket.create_server(("127.0.0.1", port))),
        daemon.start(shell.data_dir, settings=settings) as running,
    ):
        (note,) = ask(url_of(running), "GET", "/healthz").json["notes"]
        assert note.startswith(f"the listener apps does not serve: port {port} cannot be bound")
        assert f"note: {note}" in shell("status").out


@pytest.mark.parametrize("wildcard", ["0.0.0.0", "::"])  # noqa: S104  # the point
def test_a_wildcard_is_said_by_status_and_doctor(tmp_path: Path, wildcard: str) -> None:
    need(wildcard != "::" or has_ipv6(), "this machine has no IPv6 loopback")
    port = free_port()
    path = write(tmp_path, TABLE.format(address=wildcard, port=port))
    shell = Shell(tmp_path, SIDECAR_CONFIG=str(path))
    with daemon.start(shell.data_dir, settings={"CONFIG": str(path)}) as running:
        (note,) = ask(url_of(running), "GET", "/healthz").json["notes"]
        assert note.startswith("the listener apps ")
        place = f"[::]:{port}" if ":" in wildcard else f"0.0.0.0:{port}"
        assert f"apps on {place} (every address of this machine)" in shell("status").out
        assert f"apps is open on every address of this machine ({place})" in shell("doctor").out


def test_without_a_table_nothing_but_loopback_is_open(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell("status", "--json").json["listeners"] == []
    assert "none: only this machine can submit" in shell("doctor").out


@pytest.mark.parametrize("address", ["192.0.2.7", "2001:db8::7"])
def test_an_address_that_may_come_later_is_waited_for(tmp_path: Path, address: str) -> None:
    need(":" not in address or has_ipv6(), "this machine has no IPv6 loopback")
    path = write(tmp_path, TABLE.format(address=address, port=free_port()))
    shell = Shell(tmp_path, SIDECAR_CONFIG=str(path))
    with daemon.start(shell.data_dir, settings={"CONFIG": str(path)}) as running:
        notes = ask(url_of(running), "GET", "/healthz").json["notes"]
    assert notes == [] if sys.platform == "linux" else len(notes) == 1
    assert f"this machine has no address {address} now" in shell("doctor").out


RIGHT = {"name": '"a"', "address": '"127.0.0.1"', "port": "8918", "hosts": '["h"]'}


def table(**other: str) -> str:
    """A right table, but for these lines."""
    return "".join(f"{name} = {value}\n" for name, value in (RIGHT | other).items() if value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": '"../manage-token"'},
        {"name": '"A"'},
        {"address": '"localhost"'},
        {"address": '"*"'},
        {"address": '""'},
        {"address": '"fe80::1%lo"'},
        {"address": ""},
        {"port": "0"},
        {"port": "65536"},
        {"port": ""},
        {"hosts": "[]"},
        {"hosts": '["*"]'},
        {"hosts": '["HOST"]'},
        {"hosts": '["http://h"]'},
        {"hosts": '["h/"]'},
        {"hosts": ""},
        {"token": '"secret"'},
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_in_words(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="the configuration cannot be used"):
        config.load({"config": str(write(tmp_path, table(**wrong)))}, {})


@pytest.mark.parametrize("same", [{"port": "8919"}, {"name": '"b"'}])
def test_two_tables_share_neither_name_nor_place(tmp_path: Path, same: dict[str, str]) -> None:
    path = write(tmp_path, table(), table(**same))
    with pytest.raises(ConfigError, match="have the same"):
        config.load({"config": str(path)}, {})
    path = write(tmp_path, table(), table(name='"b"', port="8919"))
    assert [each.name for each in config.load({"config": str(path)}, {}).listeners] == ["a", "b"]


@pytest.mark.parametrize(
    ("port", "hosts", "values"),
    [
        ("8918", '["h", "[fd00::1]"]', {"h:8918", "[fd00::1]:8918"}),
        ("8918", '["h:80", "[fd00::1]:1"]', {"h:80", "[fd00::1]:1"}),
        ("80", '["h", "k:8080"]', {"h", "h:80", "k:8080"}),
    ],
)
def test_a_host_without_a_port_gets_the_listeners(
    tmp_path: Path, port: str, hosts: str, values: set[str]
) -> None:
    path = write(tmp_path, table(port=port, hosts=hosts))
    (found,) = config.load({"config": str(path)}, {}).listeners
    assert found.host_values == values


def test_the_documented_table_is_taken_as_it_stands(tmp_path: Path) -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    (example,) = re.findall(r"```toml\n(# config.toml\n\[\[listen.*?)```", page.read_text(), re.DOTALL)
    path = tmp_path / "config.toml"
    path.write_text(example)
    (found,) = config.load({"config": str(path)}, {}).listeners
    assert found.host_values == {"host.docker.internal:8918"}


def test_the_environment_cannot_open_a_listener(tmp_path: Path) -> None:
    environ = {"SIDECAR_LISTEN": "0.0.0.0:8918", "SIDECAR_CONFIG": str(write(tmp_path))}
    assert config.load({}, environ).listeners == ()
