"""Requests: which wishes are one, and what a person decided about them.

Job: merge, split, relabel and move a request inside the writer's transaction; read all wishes for triage.
Must not: suggest or rank anything, or copy a word: the words stand beside their record alone.

    a wish nobody touched: no row -> a request of its own
    steer: its rows are made; merge: the other's wishes move over, its own decision goes
    split: the wish loses its row; the main one's going lets the oldest of the others be main (a trigger)
"""

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import UNSET, Struct, UnsetType

from sidecar.errors import NotFound
from sidecar.store.connection import BUSY_SECONDS, as_problem
from sidecar.store.transaction import Transaction
from sidecar.triage.wish import Wish

MOST_WISHES: Final = 20_000
"""The newest wishes that triage looks at: ten seconds of work. Nobody has met a store with as many."""

_FIND: Final = """
SELECT seq, coalesce(number, 0), coalesce(main, seq)
FROM record
JOIN request_text USING (seq)
LEFT JOIN request_member USING (seq)
LEFT JOIN request USING (number)
WHERE id = ?
"""

_WISHES: Final = """
SELECT wish.id, coalesce(main.id, wish.id), wish.week, text, series.category,
       request.category, coalesce(state, 'new'), severity, effort
FROM (SELECT seq, text FROM request_text ORDER BY seq DESC LIMIT ?) AS words
JOIN record AS wish ON wish.seq = words.seq
JOIN series USING (series)
LEFT JOIN request_member ON request_member.seq = words.seq
LEFT JOIN request USING (number)
LEFT JOIN record AS main ON main.seq = request.main
ORDER BY words.seq
"""

_DECISION: Final = """
SELECT main.id, state, request.category, severity, effort
FROM request
JOIN record AS main ON main.seq = request.main
WHERE number = ?
"""

_MEMBERS: Final = """
SELECT id
FROM request_member
JOIN record USING (seq)
WHERE number = :number
ORDER BY seq <> (SELECT main FROM request WHERE number = :number), seq
"""


class Steering(Struct, frozen=True, kw_only=True):
    """What to change of a request; what is left out stays. None hands a field back to the words' own guess.

    Attributes:
        merge: ids of wishes whose requests become part of this one.
        split: ids of wishes of this request that become requests of their own.
    """

    state: str | UnsetType = UNSET
    category: str | None | UnsetType = UNSET
    severity: str | None | UnsetType = UNSET
    effort: str | None | UnsetType = UNSET
    merge: Sequence[bytes] = ()
    split: Sequence[bytes] = ()


class Decision(Struct, frozen=True, kw_only=True):
    """A request as a person left it; None where the words decide. `members` has the main wish first."""

    request_id: bytes
    state: str
    category: str | None
    severity: str | None
    effort: str | None
    members: list[bytes]


class _Place(Struct, frozen=True):
    """Where a wish belongs; number 0 is a request of its own that nobody touched."""

    seq: int
    number: int
    main: int


def steer(transaction: Transaction, *, id_: bytes, wanted: Steering) -> Decision:
    """Change the request of a wish; the same change a second time changes nothing more.

    Raises:
        NotFound: no such wish, also among those to merge or split (`index` says which); nothing is changed.
    """
    transaction.flush()
    place = _find(transaction, id_)
    merged = [_find(transaction, each, "merge", index) for index, each in enumerate(wanted.merge)]
    apart = [_find(transaction, each, "split", index) for index, each in enumerate(wanted.split)]
    number = place.number or _begin(transaction, place.seq)
    for other in merged:
        _take_over(transaction, number, other.seq)
    for other in apart:
        _let_go(transaction, number, other.seq)
    for column in ("state", "category", "severity", "effort"):
        value = getattr(wanted, column)
        if value is not UNSET:
            transaction.connection.execute(
                f"UPDATE request SET {column} = ? WHERE number = ?",  # noqa: S608  # own names
                (value, number),
            )
    return _decision(transaction, number)


def read_wishes(path: Path) -> list[Wish]:
    """The wishes of a file, for a process that has no other use for it.

    Raises:
        StoreUnavailable: the file cannot be read.
    """
    try:
        source = f"{path.as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(source, uri=True, timeout=BUSY_SECONDS)) as connection:
            return wishes(connection)
    except sqlite3.Error as fault:
        raise as_problem(fault) from fault


def wishes(connection: sqlite3.Connection) -> list[Wish]:
    """Every wish with the request that it belongs to, in the order of arrival; the newest `MOST_WISHES`."""
    return [
        Wish(
            feedback_id=row[0].hex(),
            request_id=row[1].hex(),
            week=row[2],
            text=row[3],
            hint=row[4],
            category=row[5],
            state=row[6],
            severity=row[7],
            effort=row[8],
        )
        for row in connection.execute(_WISHES, (MOST_WISHES,))
    ]


def _find(transaction: Transaction, id_: bytes, field: str | None = None, index: int | None = None) -> _Place:
    row = transaction.connection.execute(_FIND, (id_,)).fetchone()
    if row is None:
        raise NotFound(
            "no feature request has this id; it may have been undone or have expired",
            field=field,
            index=index,
        )
    return _Place(*row)


def _begin(transaction: Transaction, seq: int) -> int:
    """Rows for a request that nobody had touched; returns its number."""
    execute = transaction.connection.execute
    number = int(execute("INSERT INTO request (main) VALUES (?) RETURNING number", (seq,)).fetchone()[0])
    execute("INSERT INTO request_member (seq, number) VALUES (?, ?)", (seq, number))
    return number


def _take_over(transaction: Transaction, number: int, seq: int) -> None:
    """Move the wishes of another request over; what was decided about it goes."""
    execute = transaction.connection.execute
    row = execute("SELECT number FROM request_member WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        execute("INSERT INTO request_member (seq, number) VALUES (?, ?)", (seq, number))
    elif row[0] != number:
        execute("UPDATE request_member SET number = ? WHERE number = ?", (number, row[0]))
        execute("DELETE FROM request WHERE number = ?", (row[0],))


def _let_go(transaction: Transaction, number: int, seq: int) -> None:
    """Make a wish a request of its own; the last one of a request stays."""
    execute = transaction.connection.execute
    (left,) = execute("SELECT count(*) FROM request_member WHERE number = ?", (number,)).fetchone()
    if left > 1:
        execute("DELETE FROM request_member WHERE seq = ? AND number = ?", (seq, number))


def _decision(transaction: Transaction, number: int) -> Decision:
    execute = transaction.connection.execute
    main, state, category, severity, effort = execute(_DECISION, (number,)).fetchone()
    members = [id_ for (id_,) in execute(_MEMBERS, {"number": number})]
    return Decision(
        request_id=main, state=state, category=category, severity=severity, effort=effort, members=members
    )
