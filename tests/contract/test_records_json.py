"""JSON traps over real HTTP: each is refused in our own words, stores nothing and brings nothing back."""

import json
from collections.abc import Iterator

import pytest

from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.problem import CANARY, problem

RATING = json.dumps(least("rating"))
INSIDE = RATING[1:-1]
"""The members of a rating that would be taken."""


def deep(levels: int, opened: str, closed: str) -> str:
    """A rating with one more member, nested."""
    return f'{{{INSIDE}, "{CANARY}": {opened * levels}{closed * levels}}}'


def with_value(text: str) -> str:
    """A usage pattern whose speed is written so."""
    return f'{{"feedback_type": "usage_pattern", "action": "copy", "tokens_per_second": {text}}}'


MALFORMED = {
    "empty": b"",
    "blank": b" \r\n",
    "word": CANARY.encode(),
    "cut": RATING[:-1].encode(),
    "two": (RATING + RATING).encode(),
    "trailing word": (RATING + CANARY).encode(),
    "trailing comma": f"{{{INSIDE},}}".encode(),
    "comment": f"/* {CANARY} */{RATING}".encode(),
    "single quotes": RATING.replace('"', "'").encode(),
    "control character in a string": RATING.replace("mistral", "mis\ntral").encode(),
    "byte order mark": b"\xef\xbb\xbf" + RATING.encode(),
    "UTF-16": RATING.encode("utf-16"),
    "UTF-16 without mark": RATING.encode("utf-16-le"),
    "UTF-32": RATING.encode("utf-32"),
    "Latin-1": RATING.replace("mistral", "m\u00fcstral").encode("latin-1"),
    "invalid UTF-8": RATING.encode().replace(b"mistral", b"mis\xff\xfetral"),
    "overlong UTF-8": RATING.encode().replace(b"mistral", b"mis\xc0\xaftral"),
    "surrogate in UTF-8": RATING.encode().replace(b"mistral", b"mis\xed\xa0\x80tral"),
    "form": f"feedback_type=rating&model={CANARY}&rating=4".encode(),
    "leading plus": with_value("+1").encode(),
    "leading zero": with_value("01").encode(),
    "hexadecimal": with_value("0x10").encode(),
    "bare point": with_value("1.").encode(),
    "null byte": RATING.encode() + b"\x00",
}
INVALID = {
    "not a number": with_value("NaN"),
    "infinity": with_value("Infinity"),
    "minus infinity": with_value("-Infinity"),
    "1e999": with_value("1e999"),
    "-1e999": with_value("-1e999"),
    "5,000 digits": with_value("9" * 5_000),
    "5,000 digits of a count": with_value("1")
    .replace("tokens_per_second", "count")
    .replace("1", "9" * 5_000),
    "5,000 digits of an exponent": with_value("1e" + "9" * 5_000),
    "same key twice": f'{{{INSIDE}, "rating": 5}}',
    "same key twice, same value": f'{{{INSIDE}, "rating": 4}}',
    "same kind twice": f'{{{INSIDE}, "feedback_type": "comparison"}}',
    "same unknown key twice": f'{{{INSIDE}, "{CANARY}": 1, "{CANARY}": 2}}',
    "same key twice, escaped": f'{{{INSIDE}, "r\\u0061ting": 5}}',
    "same key twice, inside": f'{{{INSIDE}, "{CANARY}": {{"a": 1, "a": 2}}}}',
    "lone high surrogate": RATING.replace("mistral", f"{CANARY}\\ud800"),
    "lone low surrogate": RATING.replace("mistral", f"{CANARY}\\udfff"),
    "surrogates in the wrong order": RATING.replace("mistral", f"{CANARY}\\ude00\\ud83d"),
    "lone surrogate as a key": f'{{{INSIDE}, "{CANARY}\\ud800": 1}}',
    "lone surrogate in a wish": json.dumps(least("feature_request")).replace("dark", f"{CANARY} \\ud83d"),
    "nested lists": deep(9, "[", "]"),
    "nested objects": deep(9, '{"a":', "}").replace(":}", ":1}"),
    "nested without end": deep(20_000, "[", "]"),
    "nested objects without end": deep(9_000, '{"a":', "}").replace(":}", ":1}"),
    "nested and cut": f'{{{INSIDE}, "{CANARY}": {"[" * 60_000}',
    "null": "null",
    "true": "true",
    "number": "4",
    "string": json.dumps(CANARY),
    "list": f"[{RATING}]",
    "empty list": "[]",
    "empty object": "{}",
}


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with start(tmp_path_factory.mktemp("json") / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def owner(daemon: Daemon) -> Iterator[Caller]:
    with daemon.caller(manages=True) as caller:
        yield caller


@pytest.fixture
def empty(owner: Caller) -> Iterator[Caller]:
    """An owner whose store stays empty, in the list and in the counts."""
    yield owner
    assert owner.get("/v1/feedback").json == {"rows": [], "next": None}
    assert owner.get("/v1/insights/ratings").json["rows"] == []


@pytest.mark.parametrize("trap", MALFORMED)
def test_what_is_no_json_is_malformed(empty: Caller, trap: str) -> None:
    problem(empty.post("/v1/feedback", MALFORMED[trap]), 400, "malformed-json")
    problem(empty.post("/v1/feedback/batch", MALFORMED[trap]), 400, "malformed-json")
    problem(empty.patch(f"/v1/feedback/{'0' * 32}", MALFORMED[trap]), 400, "malformed-json")
    problem(empty.post("/v1/purge", MALFORMED[trap]), 400, "malformed-json")


@pytest.mark.parametrize("trap", INVALID)
def test_what_json_can_say_and_we_do_not_take_is_invalid(empty: Caller, trap: str) -> None:
    sent = INVALID[trap]
    if trap == "nested and cut":  # either word is fair: too deep, or no JSON
        assert empty.post("/v1/feedback", sent.encode()).status in {400, 422}
        return
    problem(empty.post("/v1/feedback", sent.encode()), 422, "invalid-record")
    problem(empty.post("/v1/feedback/batch", f'{{"records": [{sent}]}}'.encode()), 422, "invalid-record")
    problem(empty.patch(f"/v1/feedback/{'0' * 32}", sent.encode()), 422, "invalid-record")


def test_the_daemon_says_which_trap_it_was(empty: Caller) -> None:
    for trap, words in {
        "same key twice": "each key may stand only once in an object; remove the repeated one",
        "not a number": "NaN and Infinity are not JSON; leave the field out when there is no number",
        "infinity": "NaN and Infinity are not JSON; leave the field out when there is no number",
        "1e999": "`tokens_per_second` must be a number from 0 to 1,000,000",
        "5,000 digits": "send numbers of a sensible length",
        "nested lists": "nest at most 8 levels deep",
        "nested without end": "nest at most 8 levels deep",
        "lone high surrogate": "write characters whole: half of a surrogate pair was found",
        "list": "send a JSON object",
    }.items():
        assert problem(empty.post("/v1/feedback", INVALID[trap].encode()), 422)["detail"] == words, trap


def test_whole_surrogate_pairs_and_escapes_are_taken(owner: Caller) -> None:
    said = '{"feedback_type": "feature_request", "feature_description": "dark mode \\ud83d\\ude00 \\u00fc"}'
    answer = owner.post("/v1/feedback", said.encode())
    assert answer.status == 201
    (row,) = owner.get("/v1/feedback").json["rows"]
    assert row["feature_description"] == "dark mode \U0001f600 \u00fc"
    assert owner.delete(f"/v1/feedback/{answer.json['feedback_id']}").status == 200


@pytest.mark.parametrize(
    ("path", "limit"), [("/v1/feedback", 64), ("/v1/feedback/batch", 1024), (f"/v1/feedback/{'0' * 32}", 64)]
)
def test_a_body_over_its_limit_is_refused_however_its_length_is_told(
    empty: Caller, path: str, limit: int
) -> None:
    method = "PATCH" if path.endswith("0" * 32) else "POST"
    over = b" " * (limit * 1024 + 1 - len(CANARY)) + CANARY.encode()
    problem(empty.ask(method, path, over), 413, "body-too-large")
    # Just within: read to its end, and then no JSON.
    problem(empty.ask(method, path, over[1:]), 400, "malformed-json")


def test_a_chunked_body_over_its_limit_is_refused(empty: Caller, daemon: Daemon) -> None:
    assert empty.get("/healthz").status == 200
    url = url_of(daemon)
    for path, kib in (("/v1/feedback", 64), ("/v1/feedback/batch", 1024)):
        chunks = b"".join(b"400\r\n" + b" " * 1024 + b"\r\n" for _ in range(kib + 1)) + b"0\r\n\r\n"
        answer = ask(url, "POST", path, ours(url, JSON, ("Transfer-Encoding", "chunked")), chunks)
        problem(answer, 413, "body-too-large")


def test_nothing_of_a_refusal_reached_a_file(daemon: Daemon) -> None:
    """After all of the above."""
    for path in sorted(daemon.data_dir.rglob("*")):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
    assert CANARY not in daemon.words
