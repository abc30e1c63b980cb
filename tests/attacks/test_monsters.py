"""Monsters: single requests that are made to fill memory, stop the processor or confuse the reader."""

import gzip
import itertools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from tests.support.attack import connect, head, is_hung_up, receive, send
from tests.support.daemon import Daemon, start
from tests.support.siege import MIB, siege

JSON: Final = "Content-Type: application/json"
CHUNKED: Final = (JSON, "Transfer-Encoding: chunked")
PATHS: Final = ("/v1/feedback", "/v1/feedback/batch")
ENDLESS: Final = 64 * MIB  # what an attacker sends at most before a test calls it endless
CUT: Final = 24 * MIB  # 8 MiB are taken on the line, and what is on its way then is lost


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("monsters") / "data"
    with start(folder, settings={"HARDWARE_BUCKET": "unknown"}) as running:
        yield running.ready()


def rows(daemon: Daemon) -> int:
    """How many records are stored that no bystander gave."""
    with daemon.caller(manages=True) as caller:
        return sum(row.get("model") != "bystander" for row in caller.rows("/v1/feedback"))


def sent_before_the_end(daemon: Daemon, beginning: bytes, piece: bytes) -> tuple[int, bytes]:
    """Send a head and then pieces without end; returns how much went out, and what was answered."""
    sent = 0
    with connect(daemon) as connection:
        alive = send(connection, beginning)
        while alive and sent < ENDLESS:
            alive = send(connection, piece)
            sent += len(piece)
        return sent, receive(connection, 1)[1]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity", "x-unknown", "gzip, gzip"])
@pytest.mark.parametrize("path", PATHS)
def test_a_coded_body_is_refused_before_any_of_it_is_sent(daemon: Daemon, path: str, coding: str) -> None:
    with connect(daemon) as connection:
        fields = (JSON, f"Content-Encoding: {coding}", "Content-Length: 900000")
        assert send(connection, head(daemon, "POST", path, *fields))
        assert receive(connection, 1)[0] == {415: 1}


def test_a_gzip_bomb_is_never_unpacked(daemon: Daemon) -> None:
    bomb = gzip.compress(b" " * 64 * MIB)
    with siege(daemon):
        for path, _ in itertools.product(PATHS, range(20)):
            fields = (JSON, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}")
            with connect(daemon) as connection:
                assert send(connection, head(daemon, "POST", path, *fields) + bomb)
                assert receive(connection, 1)[0] == {415: 1}
    assert rows(daemon) == 0


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_announced_too_large_is_refused_unread(daemon: Daemon, path: str) -> None:
    with siege(daemon), connect(daemon) as connection:
        assert send(connection, head(daemon, "POST", path, JSON, f"Content-Length: {2 * MIB}"))
        assert receive(connection, 1)[0] == {413: 1}
        assert is_hung_up(connection, 10)


@pytest.mark.parametrize("path", PATHS)
def test_two_megabytes_are_refused_and_the_connection_ends(daemon: Daemon, path: str) -> None:
    body = b" " * 2 * MIB
    with siege(daemon), ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(connect(daemon))
            send(connection, head(daemon, "POST", path, JSON, f"Content-Length: {len(body)}") + body)
            assert receive(connection, 1)[0] == {413: 1}
            assert is_hung_up(connection, 10)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "piece",
    [
        b"10000\r\n" + b" " * 0x10000 + b"\r\n",
        b"1\r\n \r\n" * 10_000,
        b"1;" + b"e" * 60_000 + b"\r\n \r\n",
        b"1" + b';a="b"' * 10_000 + b"\r\n \r\n",
    ],
    ids=["large chunks", "tiny chunks", "a long extension", "many extensions"],
)
def test_chunks_without_end_are_cut_off(daemon: Daemon, path: str, piece: bytes) -> None:
    with siege(daemon):
        sent, answered = sent_before_the_end(daemon, head(daemon, "POST", path, *CHUNKED), piece)
    assert sent <= CUT
    assert b" 201 " not in answered
    assert rows(daemon) == 0


def test_a_chunk_extension_that_never_ends_is_cut_off(daemon: Daemon) -> None:
    with siege(daemon):
        beginning = head(daemon, "POST", "/v1/feedback", *CHUNKED) + b"1;"
        sent, _ = sent_before_the_end(daemon, beginning, b"e" * 65_536)
    assert sent <= CUT


def test_a_chunk_length_that_never_ends_is_refused(daemon: Daemon) -> None:
    with siege(daemon):
        beginning = head(daemon, "POST", "/v1/feedback", *CHUNKED)
        sent, answered = sent_before_the_end(daemon, beginning, b"0" * 65_536)
    assert sent <= CUT
    assert b" 201 " not in answered


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000 + b"]" * 5_000,
        b'{"a":' * 12_000,
        b'{"feedback_type": "rating", "model": "m", "rating": ' + b"9" * 5_000 + b"}",
        b'{"feedback_type": "rating", "model": "m", "rating": 1e' + b"9" * 5_000 + b"}",
    ],
    ids=["arrays", "objects", "digits", "exponent"],
)
def test_nesting_and_huge_numbers_are_refused_at_once(daemon: Daemon, path: str, body: bytes) -> None:
    with siege(daemon), daemon.caller() as caller:
        for _ in range(20):
            assert caller.post(path, body).status in {400, 422}
    assert rows(daemon) == 0


def test_a_hundred_thousand_arrays_in_one_batch_are_refused(daemon: Daemon) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with siege(daemon), daemon.caller() as caller:
        for body in (deep, b'{"records": ' + deep + b"}", b'{"records": [' + b"[]," * 300_000 + b"[]]}"):
            assert caller.post("/v1/feedback/batch", body).status in {400, 422}
        assert caller.post("/v1/feedback", deep).status == 413
    assert rows(daemon) == 0


def test_large_bodies_that_never_end_are_bounded_together(daemon: Daemon) -> None:
    """240 bodies, each one kilobyte short of its megabyte, are 240 MiB."""
    almost = json.dumps({"records": []}).encode().ljust(MIB - 1024)
    beginning = head(daemon, "POST", "/v1/feedback/batch", JSON, f"Content-Length: {MIB}")
    with siege(daemon), ExitStack() as stack:
        for _ in range(240):
            connection = stack.enter_context(connect(daemon))
            send(connection, beginning + almost)
