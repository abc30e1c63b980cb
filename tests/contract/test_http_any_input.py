"""Any JSON, any bytes, any headers: 2xx or a problem, never a 500, and the daemon goes on."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from tests.support.caller import Answer, Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import PAIRS, TABLE, least
from tests.support.plain_http import host_of, read, send, url_of
from tests.support.problem import MEMBERS

SEED = 20_261_123
FEW: Final = settings(
    max_examples=150,
    deadline=None,  # a shared machine may be slow; what is measured here is the answer
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY: Final = settings(FEW, max_examples=5_000)
REFUSALS: Final = frozenset({400, 403, 404, 405, 409, 413, 415, 421, 422})


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """One daemon for everything: what one input breaks, the next one finds."""
    data_dir = tmp_path_factory.mktemp("any") / "data"
    with start(data_dir, settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon
        assert daemon.stop() == 0
        assert "ERROR" not in daemon.log


@pytest.fixture(scope="module")
def caller(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


def names() -> st.SearchStrategy[str]:
    """Keys: real ones, near misses, and anything."""
    real = sorted({name for _, name in PAIRS} | {"feedback_type", "records", "prompt", "Text"})
    return st.sampled_from(real) | st.text(max_size=20)


def words() -> st.SearchStrategy[Any]:
    """Values that some field takes, and values that some field refuses."""
    fields = [field for kind in TABLE.values() for field in kind.values()]
    return st.sampled_from([sent for field in fields for sent, _ in field.takes]) | st.sampled_from(
        [sent for field in fields for sent in field.refuses]
    )


def scalars() -> st.SearchStrategy[Any]:
    """Any JSON that holds no other, and numbers that no JSON has."""
    return st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | words()


def any_json() -> st.SearchStrategy[Any]:
    """Any JSON."""
    return st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=6) | st.dictionaries(names(), inner, max_size=6),
        max_leaves=20,
    )


def almost() -> st.SearchStrategy[Any]:
    """A record with some fields put in, changed, or taken away."""
    return st.builds(
        lambda kind, more, less: {
            name: value for name, value in (least(kind) | more).items() if name not in less
        },
        st.sampled_from(sorted(TABLE)),
        st.dictionaries(names(), any_json(), max_size=5),
        st.sets(names(), max_size=2),
    )


def kept(kind: str) -> st.SearchStrategy[Any]:
    """A record of only good values."""
    return st.fixed_dictionaries(
        {},
        optional={
            name: st.sampled_from([sent for sent, _ in field.takes])
            for name, field in TABLE[kind].items()
            if name not in {"thumb", "rating", "idempotency_key"}
        },
    ).map(lambda fields: least(kind, **fields))


def fair(answer: Answer) -> None:
    """A 2xx of JSON, or a problem."""
    if answer.status in {200, 201}:
        assert isinstance(answer.json, dict)
        return
    assert answer.status in REFUSALS, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json) <= MEMBERS


def check_json(caller: Caller, body: Any) -> None:  # noqa: ANN401  # any JSON
    """The same body to every route that takes one."""
    sent = json.dumps(body, allow_nan=True, ensure_ascii=False).encode("utf-8", "surrogatepass")
    fair(caller.post("/v1/feedback", sent))
    fair(caller.post("/v1/feedback/batch", sent))
    fair(caller.post("/v1/feedback/batch", b'{"records": [' + sent + b"]}"))
    fair(caller.patch(f"/v1/feedback/{'0' * 32}", sent))


def check_bytes(caller: Caller, body: bytes) -> None:
    """The same bytes to every route that takes a body."""
    for path in ("/v1/feedback", "/v1/feedback/batch"):
        answer = caller.post(path, body)
        fair(answer)
    fair(caller.patch(f"/v1/feedback/{'0' * 32}", body))


def check_good(caller: Caller, kind: str, body: Any) -> None:  # noqa: ANN401  # JSON
    """Good values in any combination are taken, but a model compared with itself."""
    answer = caller.post("/v1/feedback", body)
    fair(answer)
    assert answer.status in {200, 201} or (kind == "comparison" and answer.json["field"] == "alternative")


def check_query(caller: Caller, path: str, query: str) -> None:
    """Any query string to a page."""
    answer = caller.get(f"{path}?{query}")
    assert answer.status in {200, 422}, (answer.status, answer.body)


def check_head(daemon: Daemon, head: bytes) -> None:
    """Any bytes where headers should be."""
    url = url_of(daemon)
    begin = f"POST /v1/feedback HTTP/1.1\r\nHost: {host_of(url)}\r\nConnection: close\r\n".encode()
    fair(read(send(url, begin + head + b"\r\n\r\n")))


def visible() -> st.SearchStrategy[str]:
    """What may stand in a query string."""
    letters = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#")
    known = ("limit", "after", "format", "group_by", "since", "model", "lang", "product_id")
    pair = st.builds("{}={}".format, st.sampled_from(known), st.text(letters, max_size=20))
    return st.lists(pair | st.text(letters, max_size=20), max_size=4).map("&".join)


PAGES: Final = (
    "/v1/feedback",
    "/v1/export",
    "/v1/insights/ratings",
    "/v1/insights/usage",
    "/v1/insights/models",
    "/v1/insights/versions",
    "/v1/ledger",
    "/v1/prompts",
)


@seed(SEED)
@FEW
@given(any_json() | almost())
def test_any_json_gets_an_answer_or_a_problem(caller: Caller, body: Any) -> None:  # noqa: ANN401  # any JSON
    check_json(caller, body)


@seed(SEED)
@FEW
@given(st.binary(max_size=400))
def test_any_bytes_get_an_answer_or_a_problem(caller: Caller, body: bytes) -> None:
    check_bytes(caller, body)


@pytest.mark.parametrize("kind", TABLE)
def test_good_values_are_taken_in_any_combination(caller: Caller, kind: str) -> None:
    @seed(SEED)
    @settings(FEW, max_examples=40)
    @given(kept(kind))
    def check(body: Any) -> None:  # noqa: ANN401  # JSON
        check_good(caller, kind, body)

    check()


@seed(SEED)
@FEW
@given(st.sampled_from(PAGES), visible())
def test_any_query_gets_a_page_or_a_problem(caller: Caller, path: str, query: str) -> None:
    check_query(caller, path, query)


@seed(SEED)
@FEW
@given(st.binary(max_size=200))
def test_any_head_gets_a_problem(daemon: Daemon, head: bytes) -> None:
    check_head(daemon, head)


@pytest.mark.long
@seed(SEED)
@MANY
@given(any_json() | almost())
def test_very_much_json_gets_an_answer_or_a_problem(caller: Caller, body: Any) -> None:  # noqa: ANN401  # any JSON
    check_json(caller, body)


@pytest.mark.long
@seed(SEED)
@MANY
@given(st.binary(max_size=4_000))
def test_very_many_bytes_get_an_answer_or_a_problem(caller: Caller, body: bytes) -> None:
    check_bytes(caller, body)


@pytest.mark.long
@seed(SEED)
@MANY
@given(st.sampled_from(PAGES), visible())
def test_very_many_queries_get_a_page_or_a_problem(caller: Caller, path: str, query: str) -> None:
    check_query(caller, path, query)


@pytest.mark.long
@seed(SEED)
@MANY
@given(st.binary(max_size=2_000))
def test_very_many_heads_get_a_problem(daemon: Daemon, head: bytes) -> None:
    check_head(daemon, head)
