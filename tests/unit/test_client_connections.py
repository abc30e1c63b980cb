"""Connections: kept open for the next request, never used when closed or when they are another process's."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from sidecar.client.addresses import Address, parse
from sidecar.client.connections import MOST_IDLE, Connections
from sidecar.client.exchange import Answer, Cut, Request, Unreached

ASK = Request(method="GET", target="/whole")
TIMEOUT_SECONDS = 5.0


class Handler(BaseHTTPRequestHandler):
    """Says from which port it was asked; the body of `/half` ends early."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        body = str(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + (self.path == "/half")))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path != "/whole"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class KeepsOpen(ThreadingHTTPServer):
    """A server with HTTP/1.1.

    Attributes:
        accepted: the connections, so that a test can close one.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.accepted: list[socket.socket] = []

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept, and remember."""
        connection, address = super().get_request()
        self.accepted.append(connection)
        return connection, address

    def handle_error(self, *_: object) -> None:
        """Say nothing: a test closed the connection under its handler."""


@pytest.fixture
def server() -> Iterator[KeepsOpen]:
    with closing(_Running(KeepsOpen())) as running:
        yield running.server


class _Running:
    def __init__(self, server: KeepsOpen) -> None:
        self.server = server
        self._thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop, and close what is open."""
        self.server.shutdown()
        self._thread.join()
        for connection in self.server.accepted:
            connection.close()
        self.server.server_close()


@pytest.fixture
def address(server: KeepsOpen) -> Address:
    return parse(f"http://127.0.0.1:{server.server_address[1]}")


@pytest.fixture
def connections() -> Iterator[Connections]:
    with closing(Connections(TIMEOUT_SECONDS)) as opened:
        yield opened


@pytest.fixture
def port_used(connections: Connections, address: Address) -> Callable[[], bytes]:
    """Asks, and gives the port that the server was asked from."""

    def ask() -> bytes:
        outcome = connections.send(address, ASK)
        assert isinstance(outcome, Answer)
        return outcome.body

    return ask


def test_connection_is_kept_for_the_next_request(port_used: Callable[[], bytes]) -> None:
    assert port_used() == port_used()


def test_closed_connection_is_not_used_again(server: KeepsOpen, port_used: Callable[[], bytes]) -> None:
    first = port_used()
    with suppress(OSError):
        server.accepted[0].shutdown(socket.SHUT_RDWR)
    assert port_used() != first


def test_connection_that_speaks_unasked_is_not_used_again(
    server: KeepsOpen, port_used: Callable[[], bytes]
) -> None:
    first = port_used()
    server.accepted[0].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert port_used() != first


def test_connection_of_the_parent_is_not_used_after_a_fork(
    port_used: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = port_used()
    monkeypatch.setattr("sidecar.client.connections.os.getpid", lambda: -1)
    second = port_used()
    assert second != first
    assert port_used() == second


def test_connection_to_one_address_is_not_used_for_another(
    connections: Connections, address: Address, port_used: Callable[[], bytes]
) -> None:
    first = port_used()
    outcome = connections.send(parse(f"http://localhost:{address.port}"), ASK)
    assert isinstance(outcome, Answer)
    assert outcome.body != first


def test_body_that_ends_early_is_a_cut(connections: Connections, address: Address) -> None:
    assert connections.send(address, Request(method="GET", target="/half")) == Cut()


def test_body_that_is_too_long_is_a_cut(
    connections: Connections, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sidecar.client.connections.MAX_ANSWER_BYTES", 2)
    assert connections.send(address, ASK) == Cut()


def test_nobody_there_is_unreached(connections: Connections) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    assert connections.send(parse(f"http://127.0.0.1:{port}"), ASK) == Unreached()
    assert connections.send(parse(f"http://{'x' * 64}.example.test:80"), ASK) == Unreached()


def test_only_a_few_idle_connections_are_kept(address: Address) -> None:
    kept = Connections(TIMEOUT_SECONDS)
    with closing(kept):
        taken = [kept._take(address) for _ in range(MOST_IDLE + 3)]  # noqa: SLF001  # threads at the same moment
        for connection in taken:
            connection.connect()
            kept._give_back(address, connection)  # noqa: SLF001  # as above
        assert [connection.sock is None for connection in taken] == [False] * MOST_IDLE + [True] * 3
