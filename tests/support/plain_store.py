"""The store as a plain Python model: dictionaries, no SQL, no shortcuts.

Job: say what each request must be answered and what must stand in the file after it.
Must not: import the store; two implementations have to agree.
"""

from collections import Counter
from typing import Any

from msgspec import Struct, field

Body = dict[str, Any]
Dimensions = tuple[str, ...]

DIMENSIONS = (
    "kind",
    "product_id",
    "runs_on",
    "hardware_bucket",
    "task_category",
    "model",
    "preferred",
    "alternative",
    "error_type",
    "action",
)
"""The columns of a series that the model knows; the others are the same in every body it is given."""

LOCAL = "local"
NOT_GIVEN = {"task_category": "unspecified", "runs_on": LOCAL}
TASKLESS = "feature_request"
KEY_WEEKS = 58
"""Weeks that a key is remembered after its record: the first whole number of weeks over 400 days."""


class Kept(Struct):
    """A live record."""

    body: Body
    bucket: str
    week: int

    @property
    def kind(self) -> str:
        """Its kind."""
        return str(self.body["feedback_type"])

    def dimensions(self) -> Dimensions:
        """Its series."""
        body = NOT_GIVEN | self.body | {"kind": self.kind, "hardware_bucket": self.bucket}
        if self.kind == TASKLESS:
            body["task_category"] = ""
        if body.get("tie"):
            body["preferred"], body["alternative"] = sorted((body["preferred"], body["alternative"]))
        return tuple(body.get(name, "") for name in DIMENSIONS)

    def measures(self) -> Counter[str]:
        """What it counts."""
        body = self.body
        found: Counter[str] = Counter(f"reason:{reason}" for reason in body.get("reasons", ()))
        match self.kind:
            case "rating" if body.get("thumb"):
                found[f"thumb:{body['thumb']}"] = 1
            case "rating":
                found[f"rating:{body['rating']}"] = 1
            case "comparison":
                found["tie" if body.get("tie") else "win"] = 1
            case "usage_pattern":
                found["n"] = 1
                found["count"] = body.get("count", 1)
            case _:
                found["n"] = 1
        return found


class PlainStore(Struct):
    """What must be in the file.

    Attributes:
        live: name of a record -> the record. A keyed record's name is (product, key).
        keys: name of a keyed record -> the body it first stood for, for live and for remembered ones.
        remembered: name of a keyed record that is gone -> the week until which its key must be known.
        cells: (dimensions, measure, week) -> n, expired records included.
        lost: (kind, reason) -> n.
    """

    week: int
    live: dict[object, Kept] = field(default_factory=dict)
    keys: dict[object, Body] = field(default_factory=dict)
    remembered: dict[object, int] = field(default_factory=dict)
    cells: Counter[tuple[Dimensions, str, int]] = field(default_factory=Counter)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)

    def insert(self, rows: list[tuple[object, Body]], bucket: str) -> list[bool] | None:
        """True for each duplicate; None when a key stands for another record: then nothing is stored."""
        fresh: dict[object, Body] = {}
        duplicates = []
        for name, body in rows:
            first = fresh.get(name, self.keys.get(name))
            if first is not None and first != body:
                return None
            duplicates.append(first is not None)
            if "idempotency_key" in body:
                fresh[name] = body
        for (name, body), duplicate in zip(rows, duplicates, strict=True):
            if not duplicate:
                here = bucket if body.get("runs_on", LOCAL) == LOCAL else "unknown"
                self.live[name] = Kept(body, here, self.week)
                self._count(self.live[name], 1)
        self.keys |= fresh
        return duplicates

    def change(self, name: object, said: Body) -> bool:
        """False when there is no such record, or it is of a kind that has no rating."""
        kept = self.live.get(name)
        if kept is None or kept.kind != "rating":
            return False
        self._count(kept, -1)
        body = {key: value for key, value in kept.body.items() if key not in {"rating", "thumb"}} | said
        self.live[name] = Kept(body, kept.bucket, kept.week)
        self._count(self.live[name], 1)
        return True

    def delete(self, name: object) -> bool:
        """False when there is no such record."""
        kept = self.live.pop(name, None)
        if kept is None:
            return False
        self._count(kept, -1)
        self._remember(name, kept)
        return True

    def purge(self, product_id: str | None) -> int:
        """Records that went; the cells of expired ones go as well."""
        gone = [name for name, kept in self.live.items() if product_id in {None, kept.body.get("product_id")}]
        for name in gone:
            self.delete(name)
        place = DIMENSIONS.index("product_id")
        for cell in list(self.cells):
            if product_id in {None, cell[0][place]}:
                del self.cells[cell]
        return len(gone)

    def lose(self, before: int, reason: str) -> None:
        """Records of weeks before `before` go; their cells stay."""
        for name, kept in list(self.live.items()):
            if kept.week < before:
                del self.live[name]
                self._remember(name, kept)
                self.lost[kept.kind, reason] += 1

    def forget_keys(self) -> None:
        """Keys whose time is over may stand for something new."""
        for name, until in list(self.remembered.items()):
            if until < self.week:
                del self.remembered[name]
                del self.keys[name]

    def fill_bucket(self, bucket: str) -> None:
        """The probe has answered: what waited for it has its bucket, the expired included."""
        place = DIMENSIONS.index("hardware_bucket")
        where = DIMENSIONS.index("runs_on")
        for kept in self.live.values():
            kept.bucket = kept.bucket or bucket
        for (dimensions, measure, week), n in list(self.cells.items()):
            if dimensions[place] == "" and dimensions[where] == LOCAL:
                del self.cells[dimensions, measure, week]
                filled = (*dimensions[:place], bucket, *dimensions[place + 1 :])
                self.cells[filled, measure, week] += n

    def _remember(self, name: object, kept: Kept) -> None:
        if name in self.keys:
            self.remembered[name] = max(self.week, kept.week) + KEY_WEEKS

    def _count(self, kept: Kept, sign: int) -> None:
        for measure, n in kept.measures().items():
            cell = (kept.dimensions(), measure, kept.week)
            self.cells[cell] += sign * n
            if not self.cells[cell]:
                del self.cells[cell]
