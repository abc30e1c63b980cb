"""Consents: what the user granted, declined or took back, and the mode of the machine.

Job: keep the answers, inside the writer's transaction together with what follows from them at once.
Must not: decide whether something may leave; `share.consent` does, from what stands here.

    grant    -> mode `share`; what was held under an older answer is freed, to be sealed under this one
    revoke   -> what is held is void, what is armed is never tried again; mode `local` when nothing is left
"""

import sqlite3
from contextlib import suppress
from typing import Final

import msgspec
from msgspec import Struct

from sidecar.share.consent import LOCAL, OFF, SHARE, Grant, Mode
from sidecar.store.transaction import Transaction

_MODE: Final = "mode"
_GRANT: Final = (
    "SELECT destination, scopes, manifest, digest, origin, at FROM consent WHERE answer = 'granted'"
)
ASK_AGAIN_DAYS: Final = 90


class Answer(Struct, frozen=True):
    """The newest answer to a destination: `granted`, `declined` or `revoked`, and when."""

    answer: str
    at: int


def mode(connection: sqlite3.Connection) -> Mode:
    """`off`, `local` or `share`; `local` until somebody decides."""
    row = connection.execute("SELECT value FROM meta WHERE name = ?", (_MODE,)).fetchone()
    modes: dict[object, Mode] = {OFF: OFF, SHARE: SHARE}
    return modes.get(row[0] if row else LOCAL, LOCAL)


def grants(connection: sqlite3.Connection) -> dict[str, Grant]:
    """What is granted now, by destination."""
    found = {}
    for destination, written, manifest, digest, origin, at in connection.execute(_GRANT):
        with suppress(msgspec.DecodeError):  # who cannot read what was granted has no grant
            scopes = msgspec.json.decode(written, type=dict[str, int])
            found[destination] = Grant(
                destination=destination, scopes=scopes, manifest=manifest, digest=digest, origin=origin, at=at
            )
    return found


def answers(connection: sqlite3.Connection) -> dict[str, Answer]:
    """The newest answer to each destination."""
    found = connection.execute("SELECT destination, answer, at FROM consent")
    return {name: Answer(answer, at) for name, answer, at in found}


def keep_grant(transaction: Transaction, *, grant: Grant) -> None:
    """Keep a grant; the mode is `share` from here on."""
    _keep_answer(transaction, "granted", grant)
    set_mode(transaction, wanted="share")


def keep_refusal(transaction: Transaction, *, name: str, answer: str, now: int) -> None:
    """Keep `declined` or `revoked`; what was granted before is no more."""
    _keep_answer(
        transaction, answer, Grant(destination=name, scopes={}, manifest=0, digest="", origin="", at=now)
    )


def set_mode(transaction: Transaction, *, wanted: Mode) -> None:
    """Let this be the mode of the machine."""
    transaction.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_MODE, wanted))


def settle_mode(transaction: Transaction) -> None:
    """`local` returns when no grant and no pending withdrawal is left."""
    connection = transaction.connection
    if mode(connection) == SHARE and not grants(connection):
        pending = connection.execute("SELECT 1 FROM batch WHERE state = 'withdrawing' LIMIT 1").fetchone()
        if pending is None:
            set_mode(transaction, wanted="local")


def share_withdrawal(transaction: Transaction) -> None:
    """Let a withdrawal go out after the last grant is gone.

    Who chose `local` while there are grants meant it: then it waits, or every lane would go on with it.
    """
    if mode(transaction.connection) == LOCAL and not grants(transaction.connection):
        set_mode(transaction, wanted="share")


def may_ask(transaction: Transaction, *, name: str, now: int) -> bool:
    """Whether an application may have the page opened; if so, that is remembered.

    At most once in 90 days, and never again after a "no" of that time; a grant needs no asking.
    """
    execute = transaction.connection.execute
    since = now - ASK_AGAIN_DAYS * 86_400
    recent = execute(
        "SELECT 1 FROM asked WHERE destination = :name AND at BETWEEN :since AND :now UNION ALL "
        "SELECT 1 FROM consent WHERE destination = :name AND "
        "(answer = 'granted' OR at BETWEEN :since AND :now)",
        {"name": name, "since": since, "now": now},
    ).fetchone()
    if recent is not None:
        return False
    execute("INSERT OR REPLACE INTO asked VALUES (?, ?)", (name, now))
    return True


def _keep_answer(transaction: Transaction, answer: str, grant: Grant) -> None:
    transaction.connection.execute(
        "INSERT OR REPLACE INTO consent VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            grant.destination,
            answer,
            msgspec.json.encode(grant.scopes).decode(),
            grant.manifest,
            grant.digest,
            grant.origin,
            grant.at,
        ),
    )
