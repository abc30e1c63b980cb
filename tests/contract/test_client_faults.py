"""Both clients when things go wrong: no daemon, a killed one, a lost answer, a stranger on the port."""

import asyncio
import inspect
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urlsplit

import pytest

from sidecar import home
from sidecar.client import AsyncFeedbackClient, FeedbackClient, LocalModelFeedbackSystem
from sidecar.errors import DaemonUnreachable, InvalidRecord, QueueFull, SidecarError, Unauthorized
from sidecar.home import Endpoint
from tests.support import daemon
from tests.support.daemon import Daemon

Connect = Callable[..., FeedbackClient]
Reply = Callable[[bytes], bytes | None]
"""What a server says to a request; None for never."""

CANARY = "canaryzebra"
STORED = b'{"feedback_id":"00000000000000000000000000000001","duplicate":false}'
LOOKS = 20_000  # each takes about a millisecond; the daemon reads its spool as soon as it serves


class Awaited:
    """An AsyncFeedbackClient in a loop of its own: each call gives what it gives when awaited."""

    def __init__(self, *, sleep: Callable[[float], None] | None = None, **how: Any) -> None:  # noqa: ANN401  # as the client
        async def pause(seconds: float) -> None:
            (sleep or (lambda _: None))(seconds)

        self._runner = asyncio.Runner()
        self._client = AsyncFeedbackClient(**how, sleep=pause)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._client, name)

        def call(*args: object, **named: object) -> object:
            return self._runner.run(self._await(method(*args, **named)))

        return call

    def close(self) -> None:
        """Close the client, then its loop."""
        self._runner.run(self._client.close())
        self._runner.close()

    @staticmethod
    async def _await(result: Any) -> object:  # noqa: ANN401  # a coroutine or an async iterator
        return [piece async for piece in result] if inspect.isasyncgen(result) else await result


@pytest.fixture(params=[FeedbackClient, Awaited], ids=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of either sort, and closes them."""
    with ExitStack() as stack:
        yield lambda **how: cast("FeedbackClient", stack.enter_context(closing(request.param(**how))))


class Server:
    """Somebody on a port of this machine. Every request gets what `reply` says, on a connection of its own.

    Attributes:
        received: the requests, as they came.
    """

    def __init__(self, reply: Reply, *, hangs_up: bool = True) -> None:
        self.received: list[bytes] = []
        self._hangs_up = hangs_up
        self._reply = reply
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        """Take no connection any more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                break
            request = read_message(connection)
            self.received.append(request)
            reply = self._reply(request)
            connection.sendall(reply or b"")
            if reply is None or not self._hangs_up:
                self._open.append(connection)
            else:
                connection.close()
        for connection in self._open:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self._thread.join()


def read_message(connection: socket.socket) -> bytes:
    """One whole HTTP message with a Content-Length, or none."""
    with connection.makefile("rb") as file:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = file.readline()
            if not line:
                return head
            head += line
        lengths = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        return head + file.read(int(lengths[0].split(b":")[1]) if lengths else 0)


def says(
    status: str, body: bytes = STORED, *headers: str, server: str = "feedback-sidecar", media: str = "json"
) -> bytes:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Server: {server}", f"Content-Type: application/{media}"]
    lines += [f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def problem(status: str, slug: str, *headers: str) -> bytes:
    body = f'{{"type":"/problems/{slug}","title":"t","status":{status[:3]},"detail":"d"}}'.encode()
    return says(status, body, *headers, media="problem+json")


def forwarded(running: Daemon, request: bytes) -> bytes:
    """What the daemon says to a request that came on another port."""
    assert running.endpoint is not None
    place = urlsplit(running.endpoint.url)
    lines = request.split(b"\r\n")
    host = next(number for number, line in enumerate(lines) if line.lower().startswith(b"host:"))
    lines[host] = b"Host: " + place.netloc.encode()
    with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
        connection.sendall(b"\r\n".join(lines))
        return read_message(connection)


def rows(running: Daemon) -> list[dict[str, Any]]:
    with running.caller(manages=True) as caller:
        return caller.rows("/v1/feedback")


def files(data_dir: Path) -> list[Path]:
    return list((data_dir / "spool").glob("*.json"))


def taken_in(running: Daemon, data_dir: Path) -> bool:
    """Look until nothing waits, a bounded number of times; each look is a request."""
    with running.caller() as caller:
        return any(caller.get("/healthz").status == 200 and not files(data_dir) for _ in range(LOOKS))


def rate(client: FeedbackClient) -> Any:  # noqa: ANN401  # a Receipt
    return client.rate("llama3.1:8b", rating=4, task_category="chat")


def test_spooled_record_is_counted_once_when_the_daemon_comes(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    receipt = rate(connect(data_dir=data_dir))
    assert (receipt.spooled, receipt.feedback_id, receipt.duplicate) == (True, None, False)
    with daemon.start(data_dir) as running:
        assert taken_in(running, data_dir)
        assert [row["rating"] for row in rows(running)] == [4]


def test_flush_and_the_daemon_together_count_once(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    client = connect(data_dir=data_dir)
    for _ in range(20):
        rate(client)
    assert client.flush() == 0
    with daemon.start(data_dir) as running:  # takes in the same files at this moment
        assert client.flush() == 20
        assert client.flush() == 0
        assert files(data_dir) == []
        assert len(rows(running)) == 20


def test_spool_is_private_and_holds_no_word_of_a_message(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    client = connect(data_dir=data_dir, product_id="example-app")
    client.report_error("other", f"unexpected {CANARY} in the answer", model=f"/home/{CANARY}/tiny.gguf")
    client.request_feature(f"write to {CANARY}@example.org")
    for path in files(data_dir):
        assert CANARY not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600
    assert len(files(data_dir)) == 2
    assert [folder.stat().st_mode & 0o777 for folder in (data_dir, data_dir / "spool")] == [0o700, 0o700]


def test_refused_record_is_never_spooled(connect: Connect, tmp_path: Path) -> None:
    client = connect(data_dir=tmp_path / "data")
    with pytest.raises(InvalidRecord):
        client.rate("llama3.1:8b", rating=9)
    with pytest.raises(SidecarError):
        client.submit({"feedback_type": "rating", "model": "m", "rating": 4, "prompt": CANARY})
    assert not (tmp_path / "data").exists()


def test_batch_without_a_daemon_is_spooled_record_by_record(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    client = connect(data_dir=data_dir)
    record = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4}
    assert all(receipt.spooled for receipt in client.submit_batch([record] * 3))
    with daemon.start(data_dir) as running:
        assert client.flush() == 3
        assert len(rows(running)) == 3


def test_disk_that_refuses_is_an_error_and_leaves_nothing_behind(connect: Connect, tmp_path: Path) -> None:
    taken = tmp_path / "data"
    taken.mkdir()
    (taken / "spool").touch()
    with pytest.raises(DaemonUnreachable) as raised:
        rate(connect(data_dir=taken))
    assert "spooled" in raised.value.detail
    assert [path.name for path in taken.iterdir()] == ["spool"]


def test_full_spool_is_an_error(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sidecar.client.shelf.MOST_WAITING", 2)
    client = connect(data_dir=tmp_path / "data")
    for _ in range(2):
        rate(client)
    with pytest.raises(DaemonUnreachable):
        rate(client)
    assert len(files(tmp_path / "data")) == 2


def test_what_the_daemon_refuses_of_the_spool_is_left_to_it(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    client = connect(data_dir=data_dir)
    client.rate("llama3.1:8b", rating=4, task_category="x_undeclared")
    rate(client)
    with daemon.start(data_dir) as running:
        assert client.flush() == 1
        assert taken_in(running, data_dir)
        assert len(list((data_dir / "spool").glob("*.refused"))) == 1
        assert [row["task_category"] for row in rows(running)] == ["chat"]


def test_lost_answer_is_asked_for_again_and_counts_once(connect: Connect, tmp_path: Path) -> None:
    with daemon.start(tmp_path / "data") as running, ExitStack() as stack:
        answers: list[bytes] = []

        def lose_the_first(request: bytes) -> bytes:
            answers.append(forwarded(running, request))
            return b"" if len(answers) == 1 else answers[-1]

        between = stack.enter_context(Server(lose_the_first))
        receipt = rate(connect(url=between.url, data_dir=running.data_dir))
        assert (receipt.duplicate, receipt.spooled) == (True, False)
        assert receipt.feedback_id.encode() in answers[0]
        assert len(rows(running)) == 1


def test_daemon_killed_between_storing_and_answering_counts_once(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with daemon.start(data_dir) as running:

        def kill_instead_of_answering(request: bytes) -> bytes:
            assert b"201 Created" in forwarded(running, request)
            running.kill()
            between.close()
            return b""

        with Server(kill_instead_of_answering) as between:
            client = connect(url=between.url, data_dir=data_dir)
            assert rate(client).spooled
    assert len(files(data_dir)) == 1
    with daemon.start(data_dir) as running:
        assert taken_in(running, data_dir)
        assert len(rows(running)) == 1


def test_flush_of_the_facade_repeated_after_a_lost_answer_counts_once(tmp_path: Path) -> None:
    with daemon.start(tmp_path / "data") as running:
        answers: list[bytes] = []

        def lose_two(request: bytes) -> bytes:
            answers.append(forwarded(running, request))
            return b"" if len(answers) <= 2 else answers[-1]

        with (
            Server(lose_two) as between,
            FeedbackClient(url=between.url, data_dir=running.data_dir, spool=False) as client,
        ):
            facade = LocalModelFeedbackSystem("example-app", "salt", client=client)
            feedback_id = facade.record_output_rating(4, "chat", None, "llama3.1:8b")
            assert facade.flush_feedback() == []
            (flushed,) = facade.flush_feedback()
            assert facade.delivered == {feedback_id: flushed["feedback_id"]}
        assert len(rows(running)) == 1


def test_client_outlives_its_daemon(connect: Connect, tmp_path: Path) -> None:
    client = connect(data_dir=tmp_path / "data", spool=False)
    with daemon.start(tmp_path / "data"):
        receipts = [rate(client), rate(client)]
        client.undo(receipts[0].feedback_id)
    with daemon.start(tmp_path / "data") as running:
        client.undo(receipts[1].feedback_id)  # never sent twice, so it has to go out well at once
        assert rows(running) == []


def test_busy_daemon_is_given_the_time_it_asked_for(connect: Connect, tmp_path: Path) -> None:
    replies = [problem("503 Busy", "queue-full", "Retry-After: 2"), says("201 Created")]
    pauses: list[float] = []
    with Server(lambda _: replies.pop(0)) as server:
        receipt = rate(connect(url=server.url, data_dir=tmp_path, sleep=pauses.append))
    assert pauses == [2]
    assert not receipt.spooled
    assert len({request.rpartition(b"\r\n\r\n")[2] for request in server.received}) == 1  # the same key too


def test_daemon_that_stays_busy_is_an_error_with_its_time(connect: Connect, tmp_path: Path) -> None:
    pauses: list[float] = []
    busy = problem("503 Busy", "queue-full", "Retry-After: 4")
    with Server(lambda _: busy) as server, pytest.raises(QueueFull) as raised:
        rate(connect(url=server.url, data_dir=tmp_path, sleep=pauses.append))
    assert (raised.value.retry_after, pauses) == (4, [4, 4])
    assert files(tmp_path) == []


def test_too_many_records_in_a_second_are_sent_when_the_daemon_takes_them(
    connect: Connect, tmp_path: Path
) -> None:
    replies = [*[problem("429 Slow", "rate-limited", "Retry-After: 1")] * 3, says("201 Created")]
    pauses: list[float] = []
    with Server(lambda _: replies.pop(0)) as server:
        assert not rate(connect(url=server.url, data_dir=tmp_path, sleep=pauses.append)).spooled
    assert pauses == [1, 1, 1]


def test_daemon_that_is_going_down_leaves_the_record_to_the_spool(connect: Connect, tmp_path: Path) -> None:
    with Server(lambda _: problem("503 Stopping", "stopping")) as server:
        assert rate(connect(url=server.url, data_dir=tmp_path)).spooled


STRANGE: list[tuple[str, bytes]] = [
    ("another program", says("200 OK", b"{}", server="nginx")),
    ("a page", says("200 OK", b"<html>", media="html")),
    ("no acknowledgement", says("200 OK", b"{}")),
    ("another id", says("201 Created", b'{"feedback_id":"../x","duplicate":false}')),
    ("a redirect", says("302 Found", b"", "Location: http://example.org/", server="nginx")),
    ("half an answer", says("201 Created")[:-9]),
    ("no HTTP", b"220 mail.example.org ESMTP\r\n"),
    ("silence", b""),
    ("another user's daemon", problem("403 Forbidden", "other-user")),
]


@pytest.mark.parametrize("reply", [reply for _, reply in STRANGE], ids=[name for name, _ in STRANGE])
def test_only_an_acknowledgement_counts_as_one(connect: Connect, tmp_path: Path, reply: bytes) -> None:
    with Server(lambda _: reply) as server:
        assert rate(connect(url=server.url, data_dir=tmp_path)).spooled
    assert len(files(tmp_path)) == 1


def test_hanging_server_costs_one_timeout(connect: Connect, tmp_path: Path) -> None:
    with Server(lambda _: None) as server:
        assert rate(connect(url=server.url, data_dir=tmp_path, timeout_seconds=0.2)).spooled
    assert len(server.received) == 1


def test_undo_in_doubt_is_not_repeated(connect: Connect, tmp_path: Path) -> None:
    with Server(lambda _: b"") as server, pytest.raises(DaemonUnreachable) as raised:
        connect(url=server.url, data_dir=tmp_path).undo("0" * 32)
    assert "may have been done" in raised.value.detail
    assert len(server.received) == 1


def test_what_must_not_be_sent_twice_goes_out_on_a_new_connection(tmp_path: Path) -> None:
    """An async client cannot know of an idle connection whether it was closed since its loop last ran."""
    with (
        Server(lambda _: says("200 OK"), hangs_up=False) as server,
        closing(Awaited(url=server.url, data_dir=tmp_path, timeout_seconds=1.0)) as client,
    ):
        for _ in range(2):
            client.undo("0" * 32)
    assert len(server.received) == 2


def test_stream_that_breaks_off_is_an_error(connect: Connect, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nServer: feedback-sidecar\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Server(lambda _: head + b"5\r\nhello\r\n") as server:
        client = connect(url=server.url, data_dir=tmp_path)
        with pytest.raises(DaemonUnreachable):
            list(client.stream("/v1/export", manage=False))


def test_squatter_on_a_dead_daemons_port_gets_no_token_and_no_word(connect: Connect, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with daemon.start(data_dir) as running:
        gone = running.pid
    with Server(lambda _: says("200 OK", b'{"rows":[],"next":null}')) as squatter:
        home.publish_endpoint(data_dir / "run", Endpoint(squatter.url, None, gone, "0.1.0"))
        client = connect(data_dir=data_dir)
        with pytest.raises(Unauthorized):
            client.get("/v1/feedback", manage=True)
        with pytest.raises(Unauthorized):
            list(client.stream("/v1/export"))
        assert client.report_error("other", f"unexpected {CANARY}").spooled
    assert squatter.received
    token = home.read_secret(data_dir, home.TOKEN_FILE)
    assert token
    assert not any(CANARY.encode() in request or token.encode() in request for request in squatter.received)


def test_token_goes_to_this_machine_only(connect: Connect, tmp_path: Path) -> None:
    client = connect(url="http://198.51.100.7:8917", data_dir=tmp_path, token="t0ken")  # noqa: S106  # no secret
    with pytest.raises(Unauthorized):
        client.get("/v1/feedback", manage=True)


def test_record_for_another_machine_is_not_spooled_here(connect: Connect, tmp_path: Path) -> None:
    client = connect(url="http://sidecar.invalid:8917", data_dir=tmp_path / "data", timeout_seconds=1.0)
    with pytest.raises(DaemonUnreachable):
        rate(client)
    assert not (tmp_path / "data").exists()
