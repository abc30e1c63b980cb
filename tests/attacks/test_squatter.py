"""Another program on the daemon's port: it gets no token and no login code, and everybody is told."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidecar import home
from sidecar.client import AsyncFeedbackClient, FeedbackClient
from sidecar.errors import DaemonUnreachable, SidecarError
from sidecar.home import Endpoint
from tests.support.daemon import Daemon, start
from tests.support.needs import need
from tests.support.plain_http import ask, host_of, url_of
from tests.support.shell import Shell
from tests.support.squatter import Squatter

NOT_PROVEN = "cannot prove that it holds your manage token"
COMMANDS = (
    ("open", "--print"),
    ("open",),
    ("insights", "ratings"),
    ("export",),
    ("purge", "--yes"),
)
"""What needs the owner's secret."""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("squatted")
    with start(folder / "data", settings={"SOCKET": str(folder / "s")}) as running:
        yield running


@pytest.fixture(params=["pretends", "passes on"])
def squatter(request: pytest.FixtureRequest, daemon: Daemon, tmp_path: Path) -> Iterator[Squatter]:
    """One that says all is well, and one that passes everything on to the real daemon."""
    target = host_of(url_of(daemon)) if request.param == "passes on" else ""
    with Squatter(tmp_path / "record", target=target) as found:
        yield found


def shell_of(daemon: Daemon, folder: Path) -> Shell:
    """A person whose daemon this is."""
    shell = Shell(folder)
    shell.environment["SIDECAR_DATA_DIR"] = str(daemon.data_dir)
    return shell


def got_no_secret(squatter: Squatter, daemon: Daemon) -> None:
    """It was asked for a proof, and nothing more."""
    received = squatter.received
    assert b"GET /v1/proof?nonce=" in received
    assert daemon.token.encode() not in received
    assert b"authorization" not in received.lower()
    assert b"/v1/session" not in received


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_squatter_gets_no_secret_from_a_command(
    daemon: Daemon, squatter: Squatter, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = shell_of(daemon, tmp_path)("--url", squatter.url, *words)
    assert (said.code, said.out) == (1, "")
    assert NOT_PROVEN in said.err
    assert squatter.url.removeprefix("http://") in said.err
    got_no_secret(squatter, daemon)


def manage_sync(daemon: Daemon, url: str | None) -> None:
    """Everything that sends the token, with the client for ordinary code."""
    with FeedbackClient(data_dir=daemon.data_dir, url=url) as client:
        for manage in (
            lambda: client.get("/v1/ledger", manage=True),
            lambda: client.post("/v1/purge", {"product_id": "nobody"}, manage=True),
            lambda: list(client.stream("/v1/export")),
            client.login_link,
        ):
            refused(manage)


def manage_async(daemon: Daemon, url: str | None) -> None:
    """The same in an event loop."""

    async def manage() -> None:
        async with AsyncFeedbackClient(data_dir=daemon.data_dir, url=url) as client:
            for asked in (
                client.get("/v1/ledger", manage=True),
                client.post("/v1/purge", {"product_id": "nobody"}, manage=True),
                anext(aiter(client.stream("/v1/export"))),
                client.login_link(),
            ):
                with pytest.raises(DaemonUnreachable, match=NOT_PROVEN):
                    await asked

    asyncio.run(manage())


def refused(manage: Callable[[], object]) -> None:
    """It ends in words."""
    with pytest.raises(DaemonUnreachable, match=NOT_PROVEN):
        manage()


@pytest.mark.parametrize("manage", [manage_sync, manage_async])
def test_a_squatter_gets_no_secret_from_a_client(
    daemon: Daemon, squatter: Squatter, manage: Callable[[Daemon, str | None], None]
) -> None:
    manage(daemon, squatter.url)
    got_no_secret(squatter, daemon)


def test_a_squatter_whom_the_discovery_file_names_gets_no_secret(
    daemon: Daemon, squatter: Squatter, tmp_path: Path
) -> None:
    """A daemon that hangs keeps its lock, and its address may be another's."""
    data_dir = tmp_path / "data"
    home.prepare(data_dir)
    home.write_secret(data_dir, home.TOKEN_FILE, daemon.token)
    home.publish_endpoint(data_dir / "run", Endpoint(squatter.url, None, os.getpid(), "0.1.0"))
    lock = home.Lock(data_dir)
    assert lock.acquire()
    said = Shell(tmp_path)("open", "--print")
    lock.release()
    assert (said.code, said.out) == (1, "")
    assert NOT_PROVEN in said.err
    got_no_secret(squatter, daemon)


def test_a_squatter_on_a_unix_socket_gets_no_secret(daemon: Daemon, tmp_path: Path) -> None:
    path = tmp_path / "s"
    data_dir = tmp_path / "data"
    home.prepare(data_dir)
    home.write_secret(data_dir, home.TOKEN_FILE, daemon.token)
    home.publish_endpoint(data_dir / "run", Endpoint("http://localhost", str(path), os.getpid(), "0.1.0"))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with FeedbackClient(data_dir=data_dir, timeout_seconds=0.5) as client, pytest.raises(SidecarError):
            client.get("/v1/ledger", manage=True)
        received = b""
        listening.settimeout(0.5)
        connection, _ = listening.accept()
        with connection:
            while piece := connection.recv(65536):
                received += piece
    assert received.startswith(b"GET /v1/proof?nonce=")
    assert b"uthorization" not in received


def test_the_daemon_proves_itself_on_its_unix_socket_too(daemon: Daemon) -> None:
    assert daemon.endpoint is not None
    assert daemon.endpoint.socket
    with FeedbackClient(data_dir=daemon.data_dir) as client:
        assert client.get("/v1/session", manage=True)["by"] == "token"


def test_a_port_that_changed_hands_has_to_prove_itself_anew(tmp_path: Path) -> None:
    with start(tmp_path / "data") as running:
        url = url_of(running)
        with FeedbackClient(data_dir=running.data_dir, url=url) as client:
            assert client.get("/v1/session", manage=True)["by"] == "token"
            running.kill()
            port = int(url.rpartition(":")[2])
            with Squatter(tmp_path / "record", port=port) as squatter:
                refused(lambda: client.get("/v1/session", manage=True))
                got_no_secret(squatter, running)


def test_a_connection_is_asked_once(daemon: Daemon) -> None:
    def answers() -> float:
        with daemon.caller(manages=True) as caller:
            lines = caller.get("/metrics").body.decode().splitlines()
        (line,) = [each for each in lines if each.startswith('sidecar_answers_total{status="200"}')]
        return float(line.split()[1])

    before = answers()
    with FeedbackClient(data_dir=daemon.data_dir) as client:
        for _ in range(5):
            client.get("/v1/session", manage=True)
    assert answers() - before == 1 + 1 + 5  # the first look, the proof, and the five


def test_the_same_port_on_another_address_is_not_the_daemon(tmp_path: Path) -> None:
    """Where the other one holds [::1], it passes everything on under every name that the daemon knows."""
    need(socket.has_ipv6, "there is no IPv6")
    shell = Shell(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        squatting = Squatter(tmp_path / "record", host="::1", port=port, target=f"127.0.0.1:{port}")
    except ValueError:
        need(None, "there is no [::1]")
    with squatting as squatter:
        running = shell.start("run", "--port", port)
        try:
            assert running.stdout is not None
            assert f"serving on http://127.0.0.1:{port}," in running.stdout.readline()
            said = shell("--url", f"http://[::1]:{port}", "open", "--print")
            assert (said.code, said.out) == (1, "")
            assert NOT_PROVEN in said.err
            asked = len(squatter.received)
            assert asked
            link = shell("--url", f"http://localhost:{port}", "open", "--print")
            assert link.out.startswith(f"http://127.0.0.1:{port}/login#")
            assert len(squatter.received) == asked
            token = home.read_secret(shell.data_dir, home.TOKEN_FILE)
            assert token
            assert token.encode() not in squatter.received
        finally:
            running.kill()
            running.communicate()


def test_run_beside_a_squatter_says_so_and_the_owner_is_served(tmp_path: Path) -> None:
    with Squatter(tmp_path / "record") as squatter:
        shell = Shell(tmp_path, SIDECAR_PORT=str(squatter.port))
        said = shell("run", "--port", squatter.port)
        assert said.code == 1
        assert f"port {squatter.port} is taken by another program" in said.err
        running = shell.start("run")
        try:
            assert running.stdout is not None
            line = running.stdout.readline()
            assert f"(port {squatter.port} is taken)" in line
            assert shell("rate", "llama3.1:8b", "4").code == 0
            assert shell("insights", "ratings").code == 0
            link = shell("open", "--print").out
            assert link.startswith("http://127.0.0.1:")
            assert f":{squatter.port}/" not in link
        finally:
            running.kill()
            running.communicate()
        assert squatter.received == b""


def test_without_a_daemon_a_squatter_on_the_usual_port_gets_nothing(tmp_path: Path) -> None:
    """The port is guessed then, and whoever is there is asked for nothing but its health."""
    with Squatter(tmp_path / "record") as squatter:
        shell = Shell(tmp_path, SIDECAR_PORT=str(squatter.port))
        del shell.environment["SIDECAR_DATA_DIR"]
        token = shell("token").out.strip()
        for words in (("open",), ("open", "--print"), ("insights", "usage")):
            said = shell(*words)
            assert (said.code, said.out) == (1, "")
            assert "no daemon answers" in said.err
        assert token.encode() not in squatter.received
        assert b"uthorization" not in squatter.received
        assert b"/login" not in squatter.received


def test_a_proof_is_given_for_the_address_that_was_asked_alone(daemon: Daemon) -> None:
    url = url_of(daemon)
    port = url.rpartition(":")[2]
    target = f"/v1/proof?nonce={'1' * 32}"
    proofs = {}
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        answer = ask(url, "GET", target, [("Host", host)])
        assert answer.status == 200
        proofs[host] = answer.json["proof"]
    assert len(set(proofs.values())) == 2
    for host in (f"[::1]:{port}", "127.0.0.1:1", "evil.example.org"):
        assert ask(url, "GET", target, [("Host", host)]).status == 421
