"""What must hold, whatever happened.

Job: compare the file, what left and what the collectors count with what the world remembers; raise `Broken`.
Must not: change anything, or use a decision of the product to judge it.
"""

import hashlib
import hmac
from collections import Counter
from typing import Any

import msgspec

from sidecar.store.dispatching import Dispatch
from tests.support.collector.ledgerbook import Book
from tests.support.simulation.home import SALT, Home
from tests.support.simulation.memory import Gids, Known, Sealed

SCOPE_OF = {
    "rating": "ratings",
    "comparison": "comparisons",
    "error_report": "errors",
    "usage_pattern": "usage",
}
HOLD = 86_400
CANARY = b"canary"
Wire = dict[tuple[str, str, str], tuple[Gids, ...]]
"""(destination, id, digest) of all that ever left -> the records of each cell."""


class Broken(Exception):  # noqa: N818  # said as a clause: a promise is broken
    """A promise that does not hold."""


def hold(promise: bool, name: str, *facts: object) -> None:  # noqa: FBT001  # reads as `assert`
    """Raise unless a promise holds."""
    if not promise:
        raise Broken(f"{name} {' '.join(map(repr, facts))}".strip())


def departing(home: Home, dispatch: Dispatch, records: dict[int, Known]) -> None:
    """What leaves was granted in the moment in which it was armed, and is what the preview showed."""
    offers, memory, to = home.offers, home.memory, dispatch.destination
    id_ = bytes.fromhex(dispatch.sent.id)
    sealed = memory.sealed[id_]
    state, url = home.rows("SELECT state, url FROM batch WHERE batch = ?", dispatch.number)[0]
    hold(not offers.switches, "a switch forbids every packet")
    hold(home.rows("SELECT value FROM meta WHERE name = 'mode'") == [("share",)], "the mode forbids it")
    hold(not memory.is_muted or not memory.grants, "the owner chose another mode")
    hold(url == dispatch.url, "it goes where the file says")
    hold(home.jumped or home.clock.sky.seconds >= home.not_before.get(to, 0.0), "Retry-After is kept")
    if dispatch.secret is not None:
        hold(state == "withdrawing" and id_ in memory.departed, "only what left is taken back", state)
        return
    hold(state == "armed", "armed before the first byte leaves", state)
    hold(id_ not in memory.dropped, "what was let go is never tried again")
    hold(dispatch.body == sealed.body.encode(), "preview = wire")
    digest = hashlib.sha256(dispatch.body).hexdigest()
    hold(digest == sealed.sha256 == dispatch.sent.sha256, "wire = digest")
    granted = memory.grants.get(to)
    hold(granted is not None and granted.paper == offers.paper(to), "a grant of this very text stands", to)
    hold(dispatch.url == f"https://{offers.host[to]}", "the origin that was granted")
    if id_ not in memory.departed:
        assert granted is not None
        hold(granted.revision > 1 or b'"speed"' not in dispatch.body, "only what the granted manifest had")
        _first_departure(home, sealed, granted.scopes, records)
        memory.departed.add(id_)


def _first_departure(home: Home, sealed: Sealed, scopes: dict[str, int], records: dict[int, Known]) -> None:
    memory, now = home.memory, home.clock.now().timestamp()
    may_be_early = home.forced or home.jumped or sealed.is_part or sealed.number in home.hurried
    hold(may_be_early or now >= sealed.at + HOLD, "held for a day", now - sealed.at)
    hold(CANARY not in sealed.body.encode() or sealed.destination == "beta", "no word that nobody published")
    hold(sealed.product in home.offers.products_of(sealed.destination), "a product that was listed")
    for gid in (gid for cell in sealed.cells for gid in cell):
        record = records[gid]
        scope = SCOPE_OF.get(record.kind, "")
        hold(scope in scopes and record.seq > scopes[scope], "within the granted scopes", gid, scope)
        hold(record.safe and record.product == sealed.product, "safe to share, of this product", gid)
        hold(record.seq > memory.unsure, "nothing that another copy may have sent", gid)
        if gid in memory.spoilt:
            continue
        hold(gid not in memory.gone - sealed.gone, "nothing that was undone", gid)
        hold(memory.changed.get(gid, 0) <= sealed.changes, "as it was changed last", gid)


def counts(home: Home, sealed: Sealed, records: dict[int, Known]) -> None:
    """A batch that was just sealed says what its records say, under the id and the secret of its place."""
    batch = msgspec.json.decode(sealed.body)
    for cell, gids in zip(batch["cells"], sealed.cells, strict=True):
        found = [records[gid] for gid in gids]
        hold(len(found) > 0 and {record.kind for record in found} == {cell["kind"]}, "a cell of one kind")
        hold(_total(cell) == _expected(cell, found), "a cell counts its records", cell, gids)
    lane, period, revision, root = home.rows(
        "SELECT lane, period, revision, root FROM batch WHERE batch = ?", sealed.number
    )[0]
    names = (sealed.destination, sealed.product)
    key = hmac.digest(SALT, "\0".join(("feedback-sidecar lane 1", *names)).encode(), "sha256")
    ids = [
        hmac.digest(key, "\0".join(("batch", *names, str(period), str(n))).encode(), "sha256")[:16]
        for n in (0, revision)
    ]
    hold(home.memory.sealed.get(ids[1]) == sealed, "the id of its place", lane, period, revision)
    hold((root is None) == (revision == 0) and root in {None, ids[0]}, "a revision names its root")
    hold(batch["supersedes"] == (root.hex() if root else None), "a revision supersedes its root")
    words = hmac.digest(key, "\0".join(("withdraw", ids[0].hex())).encode(), "sha256").hex()
    hold(batch["withdrawal"] == hashlib.sha256(words.encode()).hexdigest(), "the root's secret withdraws it")
    told = home.rows("SELECT kind, reason, n FROM lane_loss WHERE batch = ? ORDER BY 1, 2", sealed.number)
    hold([tuple(lost.values()) for lost in batch["lost"]] == told, "what it lost is told once")


def _total(cell: dict[str, Any]) -> int:
    if "count" in cell:
        return int(cell["count"])
    histogram = (*cell["wins"], cell["ties"]) if "wins" in cell else (*cell["counts"], *cell["thumbs"])
    return int(sum(histogram))


def _expected(cell: dict[str, Any], found: list[Known]) -> int:
    if cell["kind"] == "rating" and len(found) > 20:  # each histogram is scaled by itself
        return _total(cell)
    return min(sum(record.amount for record in found), 1000 if "count" in cell else 20)


def machine(home: Home, wire: Wire, books: dict[str, Book], taken_back: set[tuple[str, str]]) -> None:
    """What the file of one machine says is true."""
    memory = home.memory
    for id_, state, body, sha256, root in home.rows(
        "SELECT id, state, body, sha256, root FROM batch WHERE kind = 'batch'"
    ):
        sealed, name = memory.sealed[bytes(id_)], bytes(id_).hex()
        at = (sealed.destination, name)
        if state == "held" and not memory.spoilt:
            hold((body, sha256) == (sealed.body, sealed.sha256), "a preview stays as it is")
        if state == "withdrawn":
            hold(_is_withdrawn(books[at[0]], name, root), "withdrawn is withdrawn there", name)
            hold(not _is_live(books[at[0]], name, sha256), "a withdrawn batch counts nowhere", name)
        if state == "shared":
            hold((*at, sealed.sha256) in wire, "shared was sent")
            if at not in taken_back:
                hold(_is_live(books[at[0]], name, sealed.sha256), "shared is counted", name)
                _refused(home, sealed, books[at[0]], name)
    _ledger(home)


def _is_withdrawn(book: Book, name: str, root: bytes | None) -> bool:
    withdrawn = {id_ for id_, _ in book._shelves["batches"].withdrawn}  # noqa: SLF001  # what it knows
    return name in withdrawn or (root is not None and root.hex() in withdrawn)


def _refused(home: Home, sealed: Sealed, book: Book, name: str) -> None:
    """Of a shared batch, what is not counted is quarantined, and nothing else is."""
    kept_back = home.rows(
        "SELECT position FROM batch_cell WHERE batch = ? AND state <> '' ORDER BY 1", sealed.number
    )
    refused = sorted(book._shelves["batches"].stored[name].refused)  # noqa: SLF001  # what it counts
    hold([place for (place,) in kept_back] == refused or bool(home.memory.spoilt), "each cell's fate", name)


def _is_live(book: Book, name: str, sha256: str) -> bool:
    shelf = book._shelves["batches"]  # noqa: SLF001  # what it counts, by id
    return name in shelf.stored and shelf.stored[name].sha256 == sha256 and shelf.live(name)


def _ledger(home: Home) -> None:
    """The ledger has a line for all that was given up, and for nothing else."""
    memory = home.memory
    in_lanes: Counter[tuple[str, str]] = Counter()
    for kind, state, n in home.rows(
        "SELECT kind, state, sum(records) FROM batch_cell WHERE state <> '' GROUP BY 1, 2"
    ):
        in_lanes[kind, state] += n
    in_lanes.update(memory.kept.values())
    said = {
        (kind, reason): n
        for kind, reason, n in home.rows("SELECT kind, reason, sum(n) FROM lane_loss GROUP BY 1, 2")
    }
    expected = in_lanes + memory.restored
    hold(said == dict(expected), "a lane knows what it lost", said, dict(expected))
    found = home.rows("SELECT kind, reason, sum(n) FROM ledger GROUP BY 1, 2")
    ledger = {(kind, reason): n for kind, reason, n in found}
    hold(
        ledger == dict(expected + memory.aged),
        "a line for every loss",
        ledger,
        dict(expected),
        dict(memory.aged),
    )


def once(name: str, book: Book, wire: Wire, unmarked: set[int]) -> None:
    """Each record counts at most once, over all that counts."""
    found: Counter[int] = Counter()
    planted: Counter[str] = Counter()
    for id_, held in book._live_batches():  # noqa: SLF001  # what it counts
        cells = wire[name, id_, held.sha256]
        good = [gids for place, gids in enumerate(cells) if place not in held.refused]
        for gids, cell in zip(good, held.cells, strict=True):
            found.update(gids)
            version = getattr(cell, "product_version", None)
            if version and version.startswith("1.") and not unmarked.intersection(gids):
                planted[f"{type(cell).__name__} {version}"] += 1
                hold(len(gids) == 1 and version == f"1.{gids[0]}", "what was planted", version, gids)
    twice = [gid for gid, n in found.items() if n > 1 and gid not in unmarked]
    hold(not twice, "at most once", name, twice)
    hold(all(n == 1 for n in planted.values()), "what was planted counts once", planted)


def settled(home: Home) -> None:
    """After months of fair weather nothing waits, nothing starves, nothing is forgotten."""
    memory, week = home.memory, home.clock.now()
    for number, state, given_up, why in home.rows(
        "SELECT batch, state, given_up, why FROM batch WHERE state IN ('held', 'armed', 'withdrawing')"
    ):
        hold(state == "armed" and given_up == 1, "no batch starves", number, state, why)
    lanes = {
        (name, product): lane
        for lane, name, product in home.rows("SELECT lane, destination, product FROM lane")
    }
    marked = set(home.rows("SELECT seq, lane FROM mark"))
    for name, granted in memory.grants.items():
        if granted.paper != home.offers.paper(name):
            continue
        for record in memory.known.values():
            scope = SCOPE_OF.get(record.kind)
            if scope not in granted.scopes or record.product not in home.offers.products_of(name):
                continue
            if (
                not record.safe
                or record.gid in memory.spoilt
                or record.seq <= max(granted.scopes[scope], memory.unsure)
            ):
                continue
            lane = lanes.get((name, record.product))
            hold((record.seq, lane) in marked, "no record starves", name, record, week)
    lost = home.rows(
        "SELECT seq, batch.state FROM mark LEFT JOIN batch_cell USING (cell) LEFT JOIN batch USING (batch) "
        "WHERE mark.cell <> 0 AND coalesce(batch.state, 'void') IN ('void', 'split', 'quarantined') "
        "AND coalesce(batch_cell.state, '') = ''"
    )
    hold(not lost, "nothing vanishes without a line", lost)
    never = home.rows(
        "SELECT batch, batch.kind, state FROM lane_loss JOIN batch USING (batch) "
        "WHERE state IN ('split', 'quarantined') OR (state = 'void' AND armed_at IS NULL)"
    )
    hold(not never or bool(memory.spoilt), "what no batch told is told by the next", never)
