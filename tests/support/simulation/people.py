"""What people do at one machine: feedback, undo, consent, and steering the outbox.

Job: one function for each step; what was done is written into the machine's memory.
Must not: judge what comes of it.
"""

import random
from functools import partial
from typing import TYPE_CHECKING, Final

from sidecar import strict
from sidecar.clock import week_number
from sidecar.errors import SidecarError
from sidecar.ingest.stamp import Circumstances, stamp
from sidecar.outbox import decisions
from sidecar.records import Change
from sidecar.share.consent import Grant, Mode, Proposal, consent_text, digest
from sidecar.store import consents, records, sharing
from tests.support.simulation.home import SALT, Home
from tests.support.simulation.memory import Granted, Known

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.feedback import Body
    from tests.support.simulation.world import World

NAMES: Final = ("acme", "beta")
PRODUCTS: Final = ("chat", "chat", "code", "game")
MODELS: Final = ("llama3.1:8b", "qwen2.5:7b", "mistral:7b", "canary-7b", "my-canary-tune")
TASKS: Final = ("chat", "math", "code_generation", "x_ticket")
SCOPES: Final = ("ratings", "comparisons", "errors", "usage")


def feedback(world: "World", home: Home, rng: random.Random) -> None:
    """A few records of every kind."""
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        post(world, home, _body(rng, world.gids + 1))


def post(world: "World", home: Home, body: "Body") -> None:
    """One record, as an application posts it."""
    world.gids += 1
    record = strict.record(dict(body))
    moment = Circumstances(
        random_id=world.gids.to_bytes(16, "big"),
        salt=SALT,
        week=week_number(home.clock.now()),
        bucket=home.bucket,
    )
    row = stamp(record, moment).row
    home.do(partial(records.insert, records=[row]))
    known = Known(
        gid=world.gids,
        seq=home.database.last_seq,
        kind=record.kind,
        product=record.product_id or "",
        safe=bool(row.values.safe_to_share),
        amount=body.get("count", 1),
    )
    home.memory.known[row.id] = known
    home.memory.seqs[known.seq] = known
    world.records[known.gid] = known


def _body(rng: random.Random, gid: int) -> "Body":
    """What an application would post."""
    body: Body = {
        "product_id": rng.choice(PRODUCTS),
        "runs_on": rng.choice(("local", "local", "remote")),
        "safe_to_share": rng.random() < 0.9,
    }
    planted = {"product_version": f"1.{gid}" if rng.random() < 0.7 else rng.choice((None, "canary-build"))}
    task = {"task_category": rng.choice(TASKS)}
    said: Body
    match rng.randrange(8):
        case 0:
            first, second = rng.sample(MODELS, 2)
            said = {"feedback_type": "comparison", "preferred": first, "alternative": second, **task}
            said["tie"] = rng.random() < 0.2
        case 1:
            said = {"feedback_type": "error_report", "error_type": rng.choice(("out_of_memory", "timeout"))}
            said["error_message"] = rng.choice(("CUDA out of memory canary", "", "canary at /home/canary/x"))
            said |= {"model": rng.choice((None, *MODELS)), **planted}
        case 2:
            said = {"feedback_type": "usage_pattern", "action": "copy", "count": rng.choice((1, 3, 900))}
            said |= {"tokens_per_second": rng.choice((None, 30.0)), **task}
        case 3:
            said = {"feedback_type": "feature_request", "feature_description": "canary wants a canary"}
        case _:
            said = {"feedback_type": "rating", "model": rng.choice(MODELS), **task, **planted}
            said |= {"rating": rng.randint(1, 5)} if rng.random() < 0.7 else {"thumb": "up"}
    return body | said


def undo(_: "World", home: Home, rng: random.Random) -> None:
    """A record is taken back."""
    memory = home.memory
    if memory.is_copied or not memory.known:
        return
    id_ = rng.choice(list(memory.known))
    home.do(partial(records.delete, id_=id_))
    memory.gone.add(memory.known.pop(id_).gid)


def change(_: "World", home: Home, rng: random.Random) -> None:
    """A record is changed."""
    memory = home.memory
    if memory.is_copied or not memory.known:
        return
    id_ = rng.choice(list(memory.known))
    kind = memory.known[id_].kind
    wanted = Change(rating=rng.randint(1, 5)) if kind == "rating" else Change(task_category="chat")
    if kind in {"error_report", "feature_request"}:
        return
    memory.changes += 1
    memory.changed[memory.known[id_].gid] = memory.changes
    home.do(lambda transaction: records.change(transaction, records.find(transaction, id_), wanted))


def grant(_: "World", home: Home, rng: random.Random) -> None:
    """The owner says yes to some scopes."""
    if home.memory.is_copied:
        return
    scopes = tuple(rng.sample(SCOPES, rng.randint(1, 4)))
    give(home, rng.choice(NAMES), scopes, earlier=rng.random() < 0.5, revision=rng.choice((1, 2)))


def give(home: Home, name: str, scopes: tuple[str, ...], *, earlier: bool, revision: int) -> None:
    """A grant, as the consent page would give it."""
    proposal: Proposal = home.offers.destinations().proposals()[name]
    after = 0 if earlier else home.database.last_seq
    wanted = Grant(
        destination=name,
        scopes=dict.fromkeys(scopes, after),
        manifest=revision,
        digest=digest(consent_text(proposal, revision)),
        origin=proposal.destination.origin,
        at=int(home.clock.now().timestamp()),
    )
    _drop(home, name)
    home.do(partial(sharing.grant, wanted=wanted))
    home.memory.grants[name] = Granted(home.offers.paper(name), wanted.scopes, revision)
    home.memory.is_muted = False


def revoke(_: "World", home: Home, rng: random.Random) -> None:
    """The owner takes a grant back, with or without what was sent."""
    name, withdraw = rng.choice(NAMES), rng.random() < 0.4
    if home.memory.is_copied or name not in home.memory.grants:
        return
    _drop(home, name)
    home.do(partial(sharing.revoke, name=name, withdraw=withdraw, now=_now(home)))
    home.memory.grants.pop(name, None)


def steer(_: "World", home: Home, rng: random.Random) -> None:
    """The owner sends, discards or takes back some batch, whatever state it is in."""
    if not home.memory.sealed:
        return
    id_ = rng.choice(list(home.memory.sealed))
    choices: tuple[Callable[[], object], ...] = (
        lambda: home.do(partial(decisions.hasten, id_=id_, standings=home.offers.destinations().standing)),
        lambda: home.do(partial(sharing.discard, id_=id_, now=_now(home))),
        lambda: home.do(partial(sharing.withdraw, id_=id_)),
    )
    which = rng.randrange(3)
    if which == 1 and home.memory.is_copied:
        return
    try:
        choices[which]()
    except SidecarError:
        return  # it is not in a state for that
    if which == 0:
        home.hurried.add(home.memory.sealed[id_].number)


def purge(_: "World", home: Home, rng: random.Random) -> None:
    """The owner deletes the records of a product, or all."""
    memory, product = home.memory, rng.choice((None, "chat", "code"))
    if memory.is_copied:
        return
    home.do(partial(records.purge, product_id=product))
    for id_, record in list(memory.known.items()):
        if product in {None, record.product}:
            memory.gone.add(record.gid)
            del memory.known[id_]


def reconfigure(_: "World", home: Home, rng: random.Random) -> None:
    """Somebody changes what is proposed: the text, the address, the words, the products; or a switch."""
    offers = home.offers
    match rng.randrange(7):
        case 0:
            offers.purpose = f"another purpose {rng.randrange(3)}"
        case 1:
            offers.host["acme"] = f"acme{rng.randrange(2)}.example"
        case 2:
            offers.words = (*offers.words, f"x_word{rng.randrange(9)}")
        case 3:
            offers.products = rng.choice((("chat", "code"), ("chat",), ("code",)))
        case 4:
            offers.switches = rng.choice(((), ("DO_NOT_TRACK",)))
        case 5:
            offers.version = str(int(offers.version) + 1)
        case _:
            choose_mode(home, rng.choice(("off", "local", "share")))
    home.load()


def mute(_: "World", home: Home, __: random.Random) -> None:
    """The owner wants silence, now."""
    choose_mode(home, "local")


def _drop(home: Home, name: str) -> None:
    """What is on its way under the old grant is never tried again."""
    found = home.rows(
        "SELECT id FROM batch JOIN lane USING (lane) WHERE destination = ? AND state = 'armed'", name
    )
    home.memory.dropped.update(bytes(id_) for (id_,) in found)


def choose_mode(home: Home, mode: Mode) -> None:
    """The owner chooses a mode by hand."""
    home.do(partial(consents.set_mode, wanted=mode))
    home.memory.is_muted = mode != "share"


def _now(home: Home) -> int:
    return int(home.clock.now().timestamp())
