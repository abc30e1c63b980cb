"""The fleet table: a published table that the owner imported, apart from all that is counted here.

Job: replace it whole inside the writer's transaction, and read the cells of one grouping.
Must not: add a cell of it to a cell of this machine: they are shown beside each other, never as one.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from sidecar.fleet import Cell, ComparisonCell, FleetTable, place, sorted_pair
from sidecar.insight.installs import FleetSource
from sidecar.store.transaction import Transaction

if TYPE_CHECKING:
    from sidecar.store.reader import Reader

_CELLS: Final = """
SELECT task_category, hardware_bucket, model, other, installs, counts
FROM fleet_cell
WHERE kind = :kind
  AND (task_category = '') <> :task_category
  AND (hardware_bucket = '') <> :hardware_bucket
  AND (model = '') <> :model
"""


class FleetCounts(Struct, frozen=True):
    """A cell of the table: how many installs it speaks of, and what was counted."""

    installs: int
    counts: tuple[int, ...]


Place = tuple[str, str, str, str]
"""Task, machine, model, other model; `""` where a cell is of all of them."""


def keep(transaction: Transaction, *, table: FleetTable | None) -> None:
    """Keep this table and no other; None keeps none."""
    execute = transaction.connection.execute
    execute("DELETE FROM fleet_cell")
    execute("DELETE FROM fleet_table")
    if table is None:
        return
    execute("INSERT INTO fleet_table VALUES (1, ?, ?, ?)", (table.period, table.product, table.k))
    transaction.connection.executemany(
        "INSERT INTO fleet_cell VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*place(cell), cell.installs, " ".join(map(str, _counts(cell)))) for cell in table.cells],
    )


async def kept(reader: "Reader") -> FleetSource | None:
    """Which table is kept, if any."""
    rows = await reader.rows("SELECT period, product, k FROM fleet_table")
    return FleetSource(*rows[0]) if rows else None


async def cells(reader: "Reader", kind: str, *, by: Mapping[str, bool]) -> dict[Place, FleetCounts]:
    """The cells of one kind that part tasks, machines and models as asked.

    Args:
        reader: of the store.
        kind: `rating` or `comparison`.
        by: dimension -> whether cells speak of one of it; of all where not.
    """
    named = {name: int(by.get(name, False)) for name in ("task_category", "hardware_bucket", "model")}
    rows = await reader.rows(_CELLS, {"kind": kind, **named})
    return {tuple(row[:4]): FleetCounts(row[4], tuple(map(int, row[5].split()))) for row in rows}


def _counts(cell: Cell) -> tuple[int, ...]:
    if isinstance(cell, ComparisonCell):
        return *sorted_pair(cell)[1], cell.ties
    return *cell.counts, *cell.thumbs
