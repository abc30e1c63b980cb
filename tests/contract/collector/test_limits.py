"""Sizes, compression, digests and media types: what is refused settles nothing and leaves nothing behind."""

import gzip
import json
import zlib

import pytest

from tests.support.collector.letters import Pen, compressed, content_digest, rating, ratings
from tests.support.collector.sender import is_unsettled, judged, put, verdict

LIMIT = 64 << 10


def cells_of(n: int) -> list[dict[str, object]]:
    """So many cells in few bytes."""
    return [{"kind": "rating", "task_category": "chat", "model": f"a{number}"} for number in range(n)]


def padded(pen: Pen, size: int) -> bytes:
    """A good batch of exactly so many bytes, by blanks that JSON allows."""
    body = pen.batch().body
    return body[:-1] + b" " * (size - len(body)) + b"}"


def test_500_cells_are_stored(collector: str, pen: Pen) -> None:
    assert verdict(collector, pen.batch(*cells_of(500))) == "stored"


def test_501_cells_are_too_many(collector: str, pen: Pen) -> None:
    letter = pen.batch(*cells_of(501))
    answer = put(collector, letter)
    assert answer.status == 413 or judged(answer, letter)["verdict"] == "rejected"
    halves = pen.child(letter, *cells_of(250)), pen.child(letter, *cells_of(251))
    assert [verdict(collector, half) for half in halves] == ["stored", "stored"]


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT])
def test_64_kib_are_taken(collector: str, pen: Pen, size: int) -> None:
    letter, body = pen.batch(), padded(pen, size)
    answer = put(collector, letter, {"Content-Digest": content_digest(body)}, compressed(body))
    assert (answer.status, answer.json["verdict"]) == (200, "stored")


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT, 1 << 20])
def test_more_is_too_large_before_compression(collector: str, pen: Pen, size: int) -> None:
    letter, body = pen.batch(), padded(pen, size)
    answer = put(collector, letter, {"Content-Digest": content_digest(body)}, compressed(body))
    assert answer.status == 413
    assert is_unsettled(answer)
    assert verdict(collector, letter) == "stored"


def test_a_batch_full_of_long_names_is_too_large(collector: str, pen: Pen) -> None:
    letter = pen.batch(*ratings(500))
    assert len(letter.body) > LIMIT
    assert put(collector, letter).status == 413


@pytest.mark.parametrize("size", [64 << 20, 256 << 20])
def test_a_gzip_bomb_is_too_large(collector: str, pen: Pen, size: int) -> None:
    """Kilobytes that become megabytes; whoever expands them all would show it in its memory and its time."""
    letter = pen.batch()
    packer = zlib.compressobj(9, wbits=31)
    blanks = bytes(1 << 20)
    bomb = b"".join(packer.compress(blanks) for _ in range(size >> 20)) + packer.flush()
    assert put(collector, letter, body=bomb).status == 413
    assert verdict(collector, letter) == "stored"


def test_a_bomb_in_a_bomb_is_no_batch(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    answer = put(collector, letter, body=compressed(compressed(letter.body)))
    assert answer.status == 400
    assert verdict(collector, letter) == "stored"


def bodies(plain: bytes) -> dict[str, bytes]:
    """Ways to spoil compression."""
    whole = compressed(plain)
    return {
        "nothing": b"",
        "not compressed": plain,
        "zlib": zlib.compress(plain),
        "raw deflate": zlib.compress(plain, wbits=-15),
        "cut": whole[:-9],
        "without its end": whole[:-1],
        "wrong checksum": whole[:-8] + bytes(4) + whole[-4:],
        "wrong length": whole[:-4] + b"\xff" * 4,
        "more behind": whole + b"more",
        "two members": gzip.compress(plain[:10], mtime=0) + gzip.compress(plain[10:], mtime=0),
    }


@pytest.mark.parametrize("name", bodies(b""))
def test_a_body_is_one_whole_gzip_member(collector: str, pen: Pen, name: str) -> None:
    letter = pen.batch()
    answer = put(collector, letter, body=bodies(letter.body)[name])
    assert answer.status == 400
    assert is_unsettled(answer)
    assert verdict(collector, letter) == "stored"


@pytest.mark.parametrize(
    "digest",
    [
        None,
        "",
        "sha-256",
        "sha-256=::",
        "sha-256=:AAAA:",
        "sha-256=:!!!!:",
        content_digest(b"other bytes"),
        content_digest(b"other bytes").replace("sha-256", "sha-512"),
        content_digest(b"other bytes").replace("sha-256", "md5"),
    ],
)
def test_a_digest_is_that_of_the_body_before_compression(
    collector: str, pen: Pen, digest: str | None
) -> None:
    letter = pen.batch()
    for wrong in (digest, content_digest(compressed(letter.body))):
        answer = put(collector, letter, {"Content-Digest": wrong})
        assert answer.status == 400
        assert is_unsettled(answer)
    assert verdict(collector, letter) == "stored"


@pytest.mark.parametrize(
    "media",
    [
        None,
        "application/json",
        "text/plain",
        "application/vnd.feedback-sidecar.batch+json",
        "application/vnd.feedback-sidecar.batch+json;version=",
        "application/vnd.feedback-sidecar.batch+json;version=one",
        "application/vnd.feedback-sidecar.batch+json;version=0",
        "application/vnd.feedback-sidecar.batch;version=1",
    ],
)
def test_only_the_media_type_of_a_batch_is_taken(collector: str, pen: Pen, media: str | None) -> None:
    letter = pen.batch()
    answer = put(collector, letter, {"Content-Type": media})
    assert answer.status == 415
    assert is_unsettled(answer)
    assert verdict(collector, letter) == "stored"


@pytest.mark.parametrize("coding", [None, "identity", "br", "deflate", "zstd", "gzip, gzip", "gzip, br"])
def test_only_gzip_is_taken(collector: str, pen: Pen, coding: str | None) -> None:
    letter = pen.batch()
    answer = put(collector, letter, {"Content-Encoding": coding})
    assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip")
    assert verdict(collector, letter) == "stored"


NO_LETTERS = {
    "words": b"Why is the sky blue?",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "broken": b'{"schema": 1',
    "not UTF-8": b'{"schema": "\xff"}',
    "a surrogate": b'{"product": "\xed\xa0\x80"}',
    "UTF-16": '{"schema": 1}'.encode("utf-16"),
    "deep": b"[" * 60_000,
    "deep objects": b'{"a":' * 12_000,
    "long number": b'{"schema": ' + b"9" * 60_000 + b"}",
    "NaN": b'{"schema": NaN}',
    "infinite": b'{"schema": 1e999}',
    "two values": b'{"schema": 1} {"schema": 1}',
}


@pytest.mark.parametrize("name", NO_LETTERS)
def test_a_body_that_is_no_letter_is_rejected_or_bad(collector: str, pen: Pen, name: str) -> None:
    letter, body = pen.batch(), NO_LETTERS[name]
    answer = put(collector, letter, {"Content-Digest": content_digest(body)}, compressed(body))
    assert answer.status == 400 or (answer.status, answer.json["verdict"]) == (200, "rejected")
    assert verdict(collector, letter) == "stored"


@pytest.mark.parametrize(
    "twice", [b'"schema":1,', b'"withdrawal":"%s",' % (b"0" * 64), b'"cells":[],', b'"supersedes":null,']
)
def test_a_name_that_stands_twice_is_rejected(collector: str, pen: Pen, twice: bytes) -> None:
    """Two readers could believe two different values."""
    letter = pen.batch()
    body = b"{" + twice + letter.body[1:]
    assert json.loads(body) == letter.document
    answer = put(collector, letter, {"Content-Digest": content_digest(body)}, compressed(body))
    assert answer.status == 400 or answer.json["verdict"] == "rejected"
    assert verdict(collector, letter) == "stored"


def test_an_unknown_field_is_never_stored_as_a_word(collector: str, pen: Pen) -> None:
    """What nobody knows yet is left unread; the batch is not lost for it."""
    assert verdict(collector, pen.batch(rating(a_field_of_tomorrow="x"), a_part_of_tomorrow=7)) == "stored"
