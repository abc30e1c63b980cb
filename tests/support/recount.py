"""An independent recount: what the cells must be, worked out from the records by SQL alone.

Job: open a copy of a database as it lies on the disk, check it, and count its records anew.
Must not: use the store's own code; two implementations have to agree.
"""

import contextlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

Cells = Counter[tuple[int, str, int]]
"""(series, measure, week) -> n."""

_COUNTED = """
WITH told AS (SELECT kind, record.* FROM record JOIN series USING (series))
SELECT series, 'rating:' || rating, week, count(*) FROM told WHERE rating IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'thumb:' || thumb, week, count(*) FROM told WHERE thumb IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT series, iif(tie = 1, 'tie', 'win'), week, count(*) FROM told WHERE kind = 'comparison' GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'n', week, count(*) FROM told WHERE kind NOT IN ('rating', 'comparison') GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'count', week, sum(count) FROM told WHERE kind = 'usage_pattern' GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'tokens_per_second:' || tokens_per_second, week, count(*)
FROM told WHERE tokens_per_second IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'first_token_ms:' || first_token_ms, week, count(*)
FROM told WHERE first_token_ms IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'context_tokens:' || context_tokens, week, count(*)
FROM told WHERE context_tokens IS NOT NULL GROUP BY 1, 2, 3
UNION ALL
SELECT series, 'reason:' || value, week, count(*)
FROM told, json_each('["' || replace(reasons, ',', '","') || '"]')
WHERE reasons IS NOT NULL GROUP BY 1, 2, 3
"""


def cells(connection: sqlite3.Connection) -> Cells:
    """The cells as they stand."""
    return Counter(
        {
            (series, measure, week): n
            for series, measure, week, n in connection.execute("SELECT series, measure, week, n FROM cell")
        }
    )


def recount(connection: sqlite3.Connection) -> Cells:
    """The cells as the live records say they must be."""
    return Counter({(series, measure, week): n for series, measure, week, n in connection.execute(_COUNTED)})


def totals(connection: sqlite3.Connection) -> Counter[tuple[int, str]]:
    """(series, measure) -> n, as it stands."""
    rows = connection.execute("SELECT series, measure, n FROM total")
    return Counter({(series, measure): n for series, measure, n in rows})


def sums(found: Cells) -> Counter[tuple[int, str]]:
    """The totals as the cells say they must be."""
    added: Counter[tuple[int, str]] = Counter()
    for (series, measure, _), n in found.items():
        added[series, measure] += n
    return added


def check_whole(connection: sqlite3.Connection) -> None:
    """Assert that nothing in the file contradicts anything else in it."""
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    strays = "SELECT count(*) FROM record WHERE series NOT IN (SELECT series FROM series)"
    assert connection.execute(strays).fetchone() == (0,)
    found = cells(connection)
    assert found == recount(connection)
    assert totals(connection) == sums(found)


def losses(data_dir: Path) -> dict[tuple[str, str], int]:
    """(kind, reason) -> n of the ledger, read beside the daemon."""
    path = data_dir / "feedback.db"
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT kind, reason, sum(n) FROM ledger GROUP BY 1, 2").fetchall()
    return {(kind, reason): n for kind, reason, n in rows}


@contextlib.contextmanager
def opened_copy(data_dir: Path, scratch: Path) -> Iterator[sqlite3.Connection]:
    """The database as a dead daemon left it, recovered by SQLite alone, in a folder of its own."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    for name in ("feedback.db", "feedback.db-wal"):  # never -shm: it is memory, not a promise
        if (data_dir / name).exists():
            shutil.copyfile(data_dir / name, scratch / name)
    with contextlib.closing(sqlite3.connect(scratch / "feedback.db")) as connection:
        yield connection
