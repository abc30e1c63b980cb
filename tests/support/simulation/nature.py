"""What happens to a machine: time, weather, crashes, full disks, spoilt rows, backups, copies.

Job: one function for each step.
Must not: judge what comes of it.
"""

import random
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

from sidecar.clock import week_number
from sidecar.share.agenda import Link
from sidecar.store import restored, retention
from tests.support.simulation import people
from tests.support.simulation.home import YEAR, Home
from tests.support.simulation.oracles import SCOPE_OF, hold

if TYPE_CHECKING:
    from tests.support.simulation.network import Weather
    from tests.support.simulation.world import World

MINUTE: Final = 60
HOUR: Final = 3600
OPEN: Final = 1 << 20  # bytes: more than any batch has
DAY: Final = 86_400
STRETCHES: Final = (
    MINUTE,
    20 * MINUTE,
    2 * HOUR,
    7 * HOUR,
    DAY,
    DAY,
    2 * DAY,
    5 * DAY,
    7 * DAY,
    7 * DAY,
    16 * DAY,
)


def some_link(rng: random.Random) -> Link:
    """What the machine hints of its connection."""
    return Link(
        online=rng.choice((None, True, True, False)),
        metered=rng.random() < 0.1,
        battery=rng.choice((None, 0.9, 0.1)),
        edges=rng.randrange(3),
    )


def look(_: "World", home: Home, rng: random.Random) -> None:
    """The courier looks; at times a crash, a full disk or an untimely owner meets it."""
    faults = home.faults
    match rng.randrange(6):
        case 0:
            faults.crash = rng.randrange(14)
        case 1:
            faults.disk, faults.error = rng.randrange(30), rng.choice(("ENOSPC", "EIO"))
    home.tick(some_link(rng), forced=rng.random() < 0.25)


def interrupt(world: "World", home: Home, rng: random.Random) -> None:
    """Somebody acts in the middle of a tick."""
    act = rng.choice(
        (people.revoke, people.undo, people.change, people.steer, people.feedback, people.grant, people.mute)
    )
    home.faults.untimely = rng.randrange(16)
    home.faults.act = partial(act, world, home, rng)
    home.tick(Link(), forced=rng.random() < 0.7)


def wait(world: "World", home: Home, rng: random.Random) -> None:
    """Time passes for everybody."""
    world.sky.seconds += rng.choice(STRETCHES) * (0.5 + rng.random())
    home.tick(some_link(rng))


def weather(world: "World", _: Home, rng: random.Random) -> None:
    """The network changes."""
    choices: tuple[Weather, ...] = ("fair", "fair", "rough", "storm", "offline")
    world.network.weather = rng.choice(choices)
    world.network.repeat(world.sky.seconds)


def whims(world: "World", _: Home, rng: random.Random) -> None:
    """A collector has a limit, breaks, is too old, or is well again."""
    if world.network.is_tame:
        return
    collector = world.network.collectors[rng.choice(people.NAMES)]
    match rng.randrange(5):
        case 0:
            collector.most_bytes = rng.choice((500, 900, 1500))
        case 1:
            collector.hard = True
        case 2:
            collector.is_old = True
        case _:
            collector.heal()


def squeeze(world: "World", home: Home, rng: random.Random) -> None:
    """Something in between loses answers, then lets only small letters through; nothing runs for long."""
    network = world.network
    if network.is_tame:
        return
    people.feedback(world, home, rng)
    people.feedback(world, home, rng)
    world.sky.seconds += 7 * DAY
    for most_bytes in rng.choice(((OPEN, 600), (900, OPEN, 600), (1500, OPEN, 600), (600,))):
        network.weather = "deaf" if most_bytes == OPEN else "fair"
        for collector in network.collectors.values():
            collector.most_bytes = most_bytes
        for _ in range(rng.randint(1, 4)):
            world.sky.seconds += rng.choice((2 * HOUR, 7 * HOUR))
            home.faults.crash = rng.randrange(30)
            home.tick(Link(), forced=True)
    if rng.random() < 0.5 and not home.memory.is_copied:
        people.give(home, "acme", people.SCOPES, earlier=True, revision=2)
    network.weather = "fair"


def set_clock(_: "World", home: Home, rng: random.Random) -> None:
    """The wall clock is set: a little, by years, or right again."""
    if not home.memory.is_copied:
        home.clock.offset = rng.choice(
            (0.0, 0.0, 10.0 * YEAR, -10.0 * YEAR, 3.0 * DAY, -3.0 * DAY, 5.0 * HOUR)
        )
        home.jumped = True


def restart(world: "World", home: Home, rng: random.Random) -> None:
    """The daemon ends and begins, with the machine or without."""
    if rng.random() < 0.3:
        home.clock.booted = world.sky.seconds
    home.crash()


def back_up(world: "World", home: Home, _: random.Random) -> None:
    """The files as they are now are kept apart."""
    world.backups[home] = (world.fresh_folder(), home.memory.copy())
    home.copy_to(world.backups[home][0])


def restore(world: "World", home: Home, _: random.Random) -> None:
    """The kept files take the place of the present ones."""
    if home not in world.backups or home.memory.is_copied:
        return
    folder, memory = world.backups.pop(home)
    home.database.connection.close()
    home.folder, home.memory = folder, memory
    home.start()
    expected = _held(home) + _free(home)
    before = _ledger(home)
    restored.mark(home.database.connection)
    home.do(restored.settle)
    lost = _ledger(home) - before
    hold(lost == expected, "a line for all that a restore keeps here", lost, expected)
    memory.restored += lost
    memory.unsure = home.database.last_seq
    for granted in memory.grants.values():
        granted.scopes.update(dict.fromkeys(granted.scopes, memory.unsure))


def _held(home: Home) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for kind, n in home.rows(
        "SELECT batch_cell.kind, records FROM batch_cell JOIN batch USING (batch) WHERE batch.state = 'held'"
    ):
        found[kind, "restored"] += n
    return found


def _free(home: Home) -> Counter[tuple[str, str]]:
    """What could have been sealed in a lane that there is."""
    memory, found = home.memory, Counter[tuple[str, str]]()
    for lane, name, product in home.rows("SELECT lane, destination, product FROM lane"):
        granted = memory.grants.get(name)
        marked = {seq for (seq,) in home.rows("SELECT seq FROM mark WHERE lane = ?", lane)}
        for record in memory.known.values() if granted else ():
            after = granted.scopes.get(SCOPE_OF.get(record.kind, "")) if granted else None
            is_free = record.safe and record.product == product and record.seq not in marked
            if after is not None and is_free and record.seq > max(after, memory.unsure):
                found[record.kind, "restored"] += 1
    return found


def clone(world: "World", home: Home, _: random.Random) -> None:
    """Somebody copies the data directory to another machine; both go on."""
    if not world.may_clone or len(world.homes) > 1:
        return
    folder = world.fresh_folder()
    home.copy_to(folder)
    home.memory.is_copied = True
    other = world.move_in(folder)
    other.memory = home.memory.copy()
    other.offers = home.offers.copy()
    other.bucket, other.hurried = home.bucket, home.hurried.copy()
    other.start()


def age(_: "World", home: Home, rng: random.Random) -> None:
    """Old records go."""
    memory = home.memory
    before = week_number(home.clock.now()) - rng.choice((1, 3, 8))
    reason = rng.choice(("expired", "quota"))
    ledger = _ledger(home)
    home.do(partial(retention.expire, before=before, reason=reason, most=rng.choice((2, 100))))
    memory.aged += _ledger(home) - ledger
    live = {bytes(id_) for (id_,) in home.rows("SELECT id FROM record")}
    for id_ in set(memory.known) - live:
        del memory.known[id_]


def move(_: "World", home: Home, rng: random.Random) -> None:
    """Other hardware."""
    home.bucket = rng.choice(("ram16-19_gpuTrue", "ram32-35_gpuFalse", "unknown"))


def spoil(world: "World", home: Home, rng: random.Random) -> None:
    """Some row of the outbox is not what was written."""
    if not world.may_spoil or not home.memory.sealed:
        return
    if rng.random() < 0.1:
        home.rows("UPDATE consent SET scopes = '{' WHERE destination = 'acme'")
        home.memory.grants.pop("acme", None)
    on_its_way = [
        number for (number,) in home.rows("SELECT batch FROM batch WHERE state IN ('held', 'armed')")
    ]
    number = rng.choice(on_its_way or [sealed.number for sealed in home.memory.sealed.values()])
    home.memory.spoilt.update(gid for gids in home.memory.cells.get(number, {}).values() for gid in gids)
    spoilt = rng.choice(
        (
            "UPDATE batch SET body = substr(body, 1, length(body) / 2) WHERE batch = ?",
            "UPDATE batch SET body = replace(body, '1', '2') WHERE batch = ?",
            "UPDATE batch SET body = '' WHERE batch = ?",
            "UPDATE batch SET sha256 = 'no digest' WHERE batch = ?",
            "UPDATE batch SET terms = substr(terms, 1, 20) WHERE batch = ?",
            "UPDATE batch SET terms = '{}' WHERE batch = ?",
            "UPDATE batch SET terms = '[1]' WHERE batch = ?",
            "DELETE FROM mark WHERE cell IN (SELECT cell FROM batch_cell WHERE batch = ?)",
            "UPDATE batch_cell SET position = position + 1 WHERE batch = ?",
            "UPDATE batch_cell SET body = '{' WHERE batch = ?",
        )
    )
    if "mark" in spoilt:
        world.unmarked |= home.memory.spoilt
    home.rows(spoilt, number)


def _ledger(home: Home) -> Counter[tuple[str, str]]:
    found = home.rows("SELECT kind, reason, sum(n) FROM ledger GROUP BY 1, 2")
    return Counter({(kind, reason): n for kind, reason, n in found})
