"""Both clients against a real daemon: the same calls, the same answers, the same errors."""

import asyncio
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

import sidecar.client
from sidecar import home
from sidecar.client import AsyncFeedbackClient, FeedbackClient, LocalModelFeedbackSystem
from sidecar.errors import (
    DaemonUnreachable,
    IdempotencyConflict,
    InvalidQuery,
    InvalidRecord,
    MethodNotAllowed,
    NotFound,
    SidecarError,
    Unauthorized,
    UsageError,
)
from tests.support import daemon
from tests.support.daemon import Daemon

Connect = Callable[..., FeedbackClient]


class Awaited:
    """An AsyncFeedbackClient in a loop of its own: each call gives what it gives when awaited."""

    def __init__(self, **how: Any) -> None:  # noqa: ANN401  # as the client takes it
        self._runner = asyncio.Runner()
        self._client = AsyncFeedbackClient(**how)

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


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for the whole file; each test uses a product of its own."""
    folder = tmp_path_factory.mktemp("client")
    with daemon.start(folder / "data", settings={"SOCKET": str(folder / "s")}) as running:
        yield running


@pytest.fixture
def product(request: pytest.FixtureRequest) -> str:
    """A product that no other test sends for."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[:64]


@pytest.fixture
def client(connect: Connect, served: Daemon, product: str) -> FeedbackClient:
    return connect(data_dir=served.data_dir, product_id=product, product_version="1.4", spool=False)


def stored(running: Daemon, product: str) -> list[dict[str, Any]]:
    """The records of a product, asked by somebody else than the client."""
    with running.caller(manages=True) as caller:
        return [row for row in caller.rows("/v1/feedback") if row.get("product_id") == product]


def test_each_kind_is_stored_as_it_was_said(client: FeedbackClient, served: Daemon, product: str) -> None:
    receipts = [
        client.rate("llama3.1:8b", rating=4, task_category="Code generation", reasons=["fast"], variant="b"),
        client.rate("llama3.1:8b", thumb="up", safe_to_share=False),
        client.compare("llama3.1:8b", "qwen2.5:7b", task_category="chat", reasons=["accurate"]),
        client.report_error("out_of_memory", "CUDA out of memory", model="llama3.1:8b", runtime="ollama"),
        client.request_feature("resume a download that broke off", category="install_update"),
        client.report_usage("generation", count=3, tokens_per_second=17.5, runtime="llama_cpp"),
    ]
    rows = {row["feedback_id"]: row for row in stored(served, product)}
    assert [receipt.feedback_id for receipt in receipts] == list(rows)
    assert not any(receipt.duplicate or receipt.spooled for receipt in receipts)
    assert all(row["product_version"] == "1.4" for row in rows.values())
    rated, thumb, compared, error, wish, used = rows.values()
    assert (rated["rating"], rated["task_category"], rated["reasons"]) == (4, "code_generation", ["fast"])
    assert (thumb["thumb"], thumb["safe_to_share"]) == ("up", False)
    assert (compared["preferred"], compared["alternative"]) == ("llama3.1:8b", "qwen2.5:7b")
    assert (error["error_type"], error["runtime"]) == ("out_of_memory", "ollama")
    assert (wish["feature_description"], wish["category"]) == (
        "resume a download that broke off",
        "install_update",
    )
    assert (used["action"], used["count"]) == ("generation", 3)


def test_receipt_carries_the_whole_answer(client: FeedbackClient) -> None:
    answer = client.rate("llama3.1:8b", rating=4).answer
    assert {"feedback_id", "duplicate", "hardware_bucket", "shareable", "kept_local"} <= set(answer)


def test_same_key_is_one_record(client: FeedbackClient, served: Daemon, product: str) -> None:
    first = client.rate("llama3.1:8b", rating=4, idempotency_key="one")
    second = client.rate("llama3.1:8b", rating=4, idempotency_key="one")
    assert (second.feedback_id, second.duplicate) == (first.feedback_id, True)
    assert len(stored(served, product)) == 1
    with pytest.raises(IdempotencyConflict):
        client.rate("llama3.1:8b", rating=5, idempotency_key="one")


def test_same_words_without_a_key_are_two_records(
    client: FeedbackClient, served: Daemon, product: str
) -> None:
    for _ in range(2):
        assert not client.rate("llama3.1:8b", rating=4).duplicate
    assert len(stored(served, product)) == 2


def test_batch_is_stored_whole_or_not_at_all(client: FeedbackClient, served: Daemon, product: str) -> None:
    good = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4}
    assert len({receipt.feedback_id for receipt in client.submit_batch([good] * 3)}) == 3
    with pytest.raises(InvalidRecord) as raised:
        client.submit_batch([good, good | {"task_category": "x_undeclared"}])
    assert (raised.value.index, raised.value.field) == (1, "task_category")
    assert len(stored(served, product)) == 3


def test_change_and_undo_reach_the_record(client: FeedbackClient, served: Daemon, product: str) -> None:
    feedback_id = client.rate("llama3.1:8b", rating=1).feedback_id or ""
    changed = client.change(feedback_id, rating=5, reasons=["fast"])
    assert (changed["feedback_id"], changed["rating"], changed["reasons"]) == (feedback_id, 5, ["fast"])
    client.undo(feedback_id)
    assert stored(served, product) == []
    with pytest.raises(NotFound):
        client.undo(feedback_id)


REFUSED: list[tuple[type[SidecarError], str | None, Callable[[FeedbackClient], Any]]] = [
    (InvalidRecord, "task_category", lambda client: client.rate("m", rating=4, task_category="x_undeclared")),
    (InvalidRecord, "alternative", lambda client: client.compare("llama3.1:8b", "llama3.1:8b")),
    (InvalidRecord, "rating", lambda client: client.rate("llama3.1:8b", rating=6)),
    (InvalidRecord, "rating", lambda client: client.change("0" * 32, rating=6)),
    (InvalidRecord, None, lambda client: client.change("0" * 32, colour="red")),
    (NotFound, None, lambda client: client.change("0" * 32, rating=4)),
    (NotFound, None, lambda client: client.undo("../purge")),
    (NotFound, None, lambda client: client.get("/v1/nothing")),
    (MethodNotAllowed, None, lambda client: client.post("/healthz", {})),
    (InvalidQuery, None, lambda client: client.get("/v1/feedback", {"limit": 0}, manage=True)),
    (Unauthorized, None, lambda client: client.get("/v1/feedback")),
    (Unauthorized, None, lambda client: client.post("/v1/purge", {})),
    (Unauthorized, None, lambda client: list(client.stream("/v1/export", manage=False))),
    (UsageError, None, lambda client: client.get("http://127.0.0.1/healthz")),
    (UsageError, None, lambda client: client.get("/healthz?x=1")),
    (UsageError, None, lambda client: client.get("/healthz HTTP/1.1\r\nX-Evil: 1")),
]


@pytest.mark.parametrize(("cls", "field", "call"), REFUSED)
def test_refusal_is_the_class_that_the_daemon_raised(
    client: FeedbackClient, cls: type[SidecarError], field: str | None, call: Callable[[FeedbackClient], Any]
) -> None:
    with pytest.raises(cls) as raised:
        call(client)
    if field is not None:
        assert raised.value.field == field
    assert raised.value.detail


def test_daemon_speaks_of_itself(client: FeedbackClient) -> None:
    assert client.health()["status"] == "ok"
    assert "hardware_bucket" in client.hardware()
    assert client.get("/v1/prompts", {"lang": "en"})["lang"] == "en"
    assert client.get("/readyz")["status"] in {"ok", "starting"}


def test_token_opens_what_only_the_owner_may_read(client: FeedbackClient, product: str) -> None:
    client.rate("llama3.1:8b", rating=4)
    rows = client.get("/v1/insights/ratings", {"group_by": "product_id", "model": None}, manage=True)["rows"]
    assert next(row["n"] for row in rows if row["product_id"] == product) == 1
    assert client.post("/v1/purge", {"product_id": product}, manage=True) == {"deleted": 1}


def test_export_streams_every_record(client: FeedbackClient, product: str) -> None:
    record = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4}
    for _ in range(5):
        client.submit_batch([record] * 500)
    pieces = list(client.stream("/v1/export", {"format": "jsonl"}))
    lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert sum(line.get("product_id") == product for line in lines) == 2_500
    assert len(pieces) > 1


def test_metrics_are_text_and_can_be_read_too(client: FeedbackClient) -> None:
    assert b"sidecar_answers_total" in b"".join(client.stream("/metrics"))


def test_stream_that_is_left_early_leaves_the_client_whole(served: Daemon) -> None:
    with FeedbackClient(data_dir=served.data_dir) as client:
        client.submit_batch([{"feedback_type": "usage_pattern", "action": "copy"}] * 500)
        pieces = client.stream("/v1/export")
        assert next(pieces)
        cast("Any", pieces).close()
        assert client.health()["status"] == "ok"


def test_unix_socket_is_asked_before_the_port(connect: Connect, served: Daemon, tmp_path: Path) -> None:
    assert served.endpoint is not None
    wrong_port = msgspec.structs.replace(served.endpoint, url="http://127.0.0.1:9")
    settings = served_settings(served, tmp_path / "run")
    home.publish_endpoint(settings.runtime_dir, wrong_port)
    client = connect(settings=settings, spool=False)
    with pytest.raises(SidecarError) as raised:  # reached, and refused for the port in the Host header
        client.health()
    assert raised.value.status == 421


def served_settings(running: Daemon, runtime: Path) -> Any:  # noqa: ANN401  # Settings
    settings = sidecar.config.load({"data_dir": str(running.data_dir)}, {})
    return msgspec.structs.replace(settings, runtime_dir=runtime)


def test_client_without_the_discovery_file_goes_by_the_url(
    connect: Connect, served: Daemon, tmp_path: Path
) -> None:
    assert served.endpoint is not None
    client = connect(url=served.endpoint.url, data_dir=tmp_path, spool=False)
    assert client.health()["status"] == "ok"
    with pytest.raises(Unauthorized):
        client.get("/v1/feedback", manage=True)
    for unusable in ("t0ken\r\nX-Evil: 1", "tökén"):
        with pytest.raises(Unauthorized) as raised:
            connect(url=served.endpoint.url, data_dir=tmp_path, token=unusable).get("/metrics", manage=True)
        assert unusable not in str(raised.value)
    with_token = connect(url=served.endpoint.url, data_dir=tmp_path, token=served.token)
    assert "rows" in with_token.get("/v1/feedback", manage=True)


def test_threads_share_one_client(served: Daemon, product: str) -> None:
    with (
        FeedbackClient(data_dir=served.data_dir, product_id=product) as client,
        ThreadPoolExecutor(12) as threads,
    ):
        receipts = list(threads.map(lambda _: client.rate("llama3.1:8b", rating=4), range(240)))
    assert len({receipt.feedback_id for receipt in receipts}) == 240
    assert len(stored(served, product)) == 240


async def test_tasks_share_one_client(served: Daemon, product: str) -> None:
    async with AsyncFeedbackClient(data_dir=served.data_dir, product_id=product) as client:
        receipts = await asyncio.gather(*(client.rate("llama3.1:8b", rating=4) for _ in range(240)))
    assert len({receipt.feedback_id for receipt in receipts}) == 240
    assert len(stored(served, product)) == 240


FORK = """
import os, sys
from sidecar.client import FeedbackClient

client = FeedbackClient(data_dir=sys.argv[1], product_id=sys.argv[2], spool=False)
client.health()
child = os.fork()
ids = [client.rate("llama3.1:8b", rating=4).feedback_id for _ in range(50)]
client.close()
if not child:
    os._exit(len(set(ids)) - 50)
sys.exit(os.waitpid(child, 0)[1])
"""


def test_forked_process_does_not_answer_for_its_parent(served: Daemon, product: str) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("no fork on this system")
    command = [sys.executable, "-W", "error", "-c", FORK, str(served.data_dir), product]
    done = subprocess.run(command, check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len({row["feedback_id"] for row in stored(served, product)}) == 100


def test_facade_keeps_refused_entries_apart(served: Daemon, product: str) -> None:
    with FeedbackClient(data_dir=served.data_dir) as client:
        facade = LocalModelFeedbackSystem(product, "salt", client=client)
        refused = facade.record_output_rating(2, "x_undeclared", None, "llama3.1:8b")
        taken = facade.record_output_rating(4, "chat", None, "llama3.1:8b")
        (flushed,) = facade.flush_feedback()
        assert facade.delivered == {taken: flushed["feedback_id"]}
        ((entry, fault),) = facade.refused
        assert (entry.feedback_id, type(fault)) == (refused, InvalidRecord)
        assert facade.waiting == ()
    assert [row["rating"] for row in stored(served, product)] == [4]


def test_flushed_entry_carries_what_the_daemon_answered(served: Daemon, product: str) -> None:
    with FeedbackClient(data_dir=served.data_dir) as client:
        facade = LocalModelFeedbackSystem(product, "salt", client=client)
        entry_id = facade.record_output_rating(4, "chat", {"ram_gb": 2}, "llama3.1:8b")
        (flushed,) = facade.flush_feedback()
        (row,) = stored(served, product)
        assert flushed["feedback_id"] == row["feedback_id"] != entry_id
        assert flushed["hardware_bucket"] == row["hardware_bucket"]
        assert facade.delivered == {entry_id: row["feedback_id"]}
        client.undo(flushed["feedback_id"])
        assert stored(served, product) == []
        assert (facade.flush_feedback(), facade.delivered) == ([], {})


@pytest.mark.parametrize("ending", ["del facade; gc.collect()", "facade.kept = facade", ""])
def test_facade_that_is_never_closed_leaves_no_socket_behind(served: Daemon, ending: str) -> None:
    ask = (
        "import gc, os\n"
        "from sidecar.client import LocalModelFeedbackSystem\n"
        "facade = LocalModelFeedbackSystem('example-app', 'salt')\n"
        "facade.record_output_rating(4, 'chat', None, 'llama3.1:8b')\n"
        f"assert len(facade.flush_feedback()) == 1\n{ending}\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", ask],
        env=os.environ | {"SIDECAR_DATA_DIR": str(served.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def names_of(cls: type) -> dict[str, list[str]]:
    """Public names, each with its parameters."""
    public = {name: value for name, value in inspect.getmembers(cls, callable) if not name.startswith("_")}
    return {name: list(inspect.signature(value).parameters) for name, value in public.items()} | {
        "": list(inspect.signature(cls).parameters)
    }


def test_both_clients_have_the_same_names_and_parameters() -> None:
    assert names_of(FeedbackClient) == names_of(AsyncFeedbackClient)


def test_sync_client_brings_no_event_loop_and_no_facade() -> None:
    ask = "import sys, sidecar.client; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], check=True, capture_output=True, text=True)
    assert {"sidecar.client.sync", "http.client"} <= set(done.stdout.split())
    assert not {"aiohttp", "asyncio", "sidecar.hardware", "sidecar.scrub"} & set(done.stdout.split())


def test_every_exported_name_is_there() -> None:
    assert all(getattr(sidecar.client, name) for name in sidecar.client.__all__)
    with pytest.raises(AttributeError):
        sidecar.client.Nothing  # noqa: B018  # asking is the test


def test_unreachable_daemon_without_a_spool_is_an_error(connect: Connect, tmp_path: Path) -> None:
    client = connect(data_dir=tmp_path / "data", spool=False)
    calls: list[Callable[[], object]] = [
        lambda: client.rate("llama3.1:8b", rating=4),
        lambda: client.undo("0" * 32),
        lambda: client.get("/v1/feedback", manage=True),
        lambda: list(client.stream("/v1/export")),
    ]
    for call in calls:
        with pytest.raises(DaemonUnreachable):
            call()
    assert not (tmp_path / "data").exists()
