"""Withdrawing with a secret: before a batch comes and after, twice, and for all that stands for it."""

from typing import Any

import pytest

from tests.support.collector.letters import Letter, Pen, rating, ratings
from tests.support.collector.sender import is_unsettled, verdict, withdraw
from tests.support.plain_http import ask, ours

JSON = ("Content-Type", "application/json")


def gone(collector: str, letter: Letter, secret: str | None = None) -> bool:
    """Withdraw it; whether the answer says and echoes so."""
    answer = withdraw(collector, letter, secret)
    return answer.status == 200 and answer.json == {"batch_id": letter.id, "verdict": "gone"}


def test_a_withdrawn_batch_never_counts_again(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    assert gone(collector, letter)
    assert [verdict(collector, letter) for _ in range(2)] == ["gone", "gone"]


def test_withdrawing_again_says_the_same(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    assert all(gone(collector, letter) for _ in range(3))


def test_a_withdrawal_may_overtake_its_batch(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert gone(collector, letter)
    assert verdict(collector, letter) == "gone"
    assert gone(collector, letter)


@pytest.mark.parametrize("secret", ["guessed", "0" * 64])
def test_a_wrong_secret_changes_nothing(collector: str, pen: Pen, secret: str) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    answer = withdraw(collector, letter, secret)
    assert answer.status == 403
    assert is_unsettled(answer)
    assert secret.encode() not in answer.body
    assert verdict(collector, letter) == "duplicate"


def test_the_withdrawal_itself_is_no_secret(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    assert withdraw(collector, letter, letter.document["withdrawal"]).status == 403


def test_a_tombstone_binds_only_its_own_batch(collector: str, pen: Pen) -> None:
    """Nobody can block an id in advance, not even often."""
    letter = pen.batch()
    for guess in ("a", "b", "c"):
        assert gone(collector, letter, guess)
    assert verdict(collector, letter) == "stored"
    assert verdict(collector, letter) == "duplicate"
    assert gone(collector, letter)
    assert verdict(collector, letter) == "gone"


def test_a_withdrawal_stands_among_tombstones_of_others(collector: str, pen: Pen) -> None:
    letter = pen.batch()
    assert gone(collector, letter, "a")
    assert gone(collector, letter)
    assert gone(collector, letter, "b")
    assert verdict(collector, letter) == "gone"


def test_a_withdrawn_root_takes_its_children_along(collector: str, pen: Pen) -> None:
    """Those that were stored, those that come later, and the root itself."""
    root = pen.batch(*ratings(3))
    first, second, third = (pen.child(root, cell) for cell in root.document["cells"])
    assert [verdict(collector, each) for each in (root, first, second)] == ["stored"] * 3
    assert gone(collector, root)
    assert [verdict(collector, each) for each in (first, second, third, root)] == ["gone"] * 4


def test_a_root_that_never_came_is_withdrawn_by_its_secret_alone(collector: str, pen: Pen) -> None:
    root = pen.batch(*ratings(2))
    first, second = (pen.child(root, cell) for cell in root.document["cells"])
    assert verdict(collector, first) == "stored"
    assert withdraw(collector, root, "guessed").status == 403
    assert gone(collector, root)
    assert [verdict(collector, each) for each in (first, second, root)] == ["gone"] * 3


def test_a_root_withdrawn_before_all_binds_its_children(collector: str, pen: Pen) -> None:
    root = pen.batch()
    assert gone(collector, root)
    assert verdict(collector, pen.child(root, rating())) == "gone"


def test_a_child_can_be_withdrawn(collector: str, pen: Pen) -> None:
    root = pen.batch()
    child = pen.child(root, rating())
    assert verdict(collector, child) == "stored"
    assert gone(collector, child)
    assert verdict(collector, child) == "gone"
    assert verdict(collector, root) in {"conflict", "gone"}


def test_a_withdrawal_concerns_its_own_batch_alone(collector: str, pen: Pen) -> None:
    one, other = pen.batch(), pen.batch()
    assert [verdict(collector, each) for each in (one, other)] == ["stored", "stored"]
    assert gone(collector, one)
    assert verdict(collector, other) == "duplicate"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"secret"',
        b'{"secret": 7}',
        b'{"secret": null}',
        b'{"secret": ""}',
        b'{"secret": "',
        b"\xff\xfe",
        b'{"secret": "\xff"}',
        b'{"secret": "' + b"a" * 5_000 + b'"}',
        b"[" * 20_000,
    ],
)
def test_a_withdrawal_that_says_no_secret_withdraws_nothing(collector: str, pen: Pen, body: bytes) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    answer = ask(collector, "DELETE", letter.path, ours(collector, JSON), body)
    assert 400 <= answer.status < 500
    assert is_unsettled(answer)
    assert verdict(collector, letter) == "duplicate"


@pytest.mark.parametrize(
    "headers", [[], [("Content-Type", "text/plain")], [JSON, ("Content-Encoding", "gzip")]]
)
def test_a_withdrawal_is_plain_json(collector: str, pen: Pen, headers: list[Any]) -> None:
    letter = pen.batch()
    assert verdict(collector, letter) == "stored"
    body = f'{{"secret": "{letter.secret}"}}'.encode()
    answer = ask(collector, "DELETE", letter.path, ours(collector, *headers), body)
    assert answer.status == 415
    assert verdict(collector, letter) == "duplicate"
