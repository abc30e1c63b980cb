"""Deliberate breaks of the rules, to see that the simulation sees them.

Job: one patch for each rule, as a context manager.
Must not: be subtle about what it breaks: one rule each, named as it is broken.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, Final
from unittest import mock

import msgspec

from sidecar.outbox import courier
from sidecar.share import batch, policy, verdict
from sidecar.share.verdict import Heard, Quarantined, Sent, Shared, Withdrawn
from sidecar.store import dispatching, lanes, outgoing, restored, sealing, settling, sharing

Break = Callable[[], contextlib.AbstractContextManager[object]]
_judge, _row_of, _void, _halve = verdict.judge, outgoing.row_of, sealing.void, settling._halve  # noqa: SLF001  # to be broken
_look, _settle = lanes._look, settling.settle  # noqa: SLF001  # as above


def _instead(of: object, name: str, by: object) -> Break:
    return lambda: mock.patch.object(of, name, by)


def _nothing(*_: object, **__: object) -> None:
    return None


def _judging(change: Callable[[Heard, Any], Any]) -> Break:
    """Another verdict, where `change` has one."""

    def judge(sent: Sent, heard: Heard, now: Any) -> Any:  # noqa: ANN401  # as the real one
        return change(heard, _judge(sent, heard, now)) or _judge(sent, heard, now)

    return _instead(courier, "judge", judge)


@contextlib.contextmanager
def _let_go_is_forgotten() -> Iterator[None]:
    """What was on its way when the grant went is tried again under the next."""
    query = outgoing._UNSETTLED.replace(" AND NOT (state = 'armed' AND given_up)", "")  # noqa: SLF001  # to be broken

    def row_of(transaction: Any, number: int) -> Any:  # noqa: ANN401  # as the real one
        return msgspec.structs.replace(_row_of(transaction, number), given_up=False)

    with mock.patch.object(outgoing, "_UNSETTLED", query), mock.patch.object(dispatching, "row_of", row_of):
        yield


def _rootless(transaction: Any, number: int) -> Any:  # noqa: ANN401  # as the real one
    return msgspec.structs.replace(_row_of(transaction, number), root=None)


def _written(*cells: Any, **members: Any) -> bytes:  # noqa: ANN401  # as the real one
    return _real_written(*cells, **members | {"supersedes": None})


_real_written = batch.written
_real_echo = verdict._echo  # noqa: SLF001  # to be broken


def _echo_of_any_digest(sent: Sent, heard: Heard) -> Any:  # noqa: ANN401  # as the real one
    try:
        said = msgspec.json.decode(heard.body)
        bent = msgspec.json.encode(said | {"sha256": sent.sha256})
    except (msgspec.DecodeError, TypeError, RecursionError):
        return None
    return _real_echo(sent, msgspec.structs.replace(heard, body=bent))


def _void_on_revoke(transaction: Any, *, number: int, why: str = "sealed anew") -> None:  # noqa: ANN401  # as the real one
    if why != "the grant was taken back":
        _void(transaction, number=number, why=why)


def _halve_at_once(*known: Any, told: bool) -> None:  # noqa: ANN401, ARG001  # as the real one
    _halve(*known, told=True)


def _all_scopes(transaction: Any, query: str, at: Any, scopes: Any, *most: int) -> Any:  # noqa: ANN401  # as the real one
    return _look(transaction, query, at, dict.fromkeys(scopes, 0), *most)


def _settle_unless_retry(transaction: Any, **named: Any) -> None:  # noqa: ANN401  # as the real one
    """What could not be delivered at once is thrown away."""
    _settle(transaction, **named)
    if isinstance(named["verdict"], verdict.Retry):
        transaction.connection.execute(
            "UPDATE batch SET state = 'void' WHERE batch = ? AND state = 'armed'", (named["dispatch"].number,)
        )


BREAKS: Final[dict[str, Break]] = {
    "ack on a bare 200": _judging(
        lambda heard, real: Shared() if heard.status == 200 and isinstance(real, verdict.Retry) else None
    ),
    "ack with a wrong digest": _instead(verdict, "_echo", _echo_of_any_digest),
    "conflict taken for stored": _judging(
        lambda _, real: Shared() if real == Quarantined("conflict") else None
    ),
    "dropped on 4xx": _judging(
        lambda heard, real: (
            Withdrawn() if 400 <= heard.status < 409 and isinstance(real, verdict.Retry) else None
        )
    ),
    "thrown away after one failure": _instead(settling, "settle", _settle_unless_retry),
    "partial taken for stored": _judging(
        lambda _, real: Shared() if isinstance(real, Shared) and real.refused else None
    ),
    "Retry-After ignored": _instead(verdict, "retry_after", lambda *_: 1.0),
    "no look at the consent when arming": _instead(dispatching, "may_send", lambda *_: True),
    "tried again after a revoke": _let_go_is_forgotten,
    "held batches outlive a revoke": _instead(sealing, "void", _void_on_revoke),
    "records from before the grant": _instead(lanes, "_look", _all_scopes),
    "no hold": _instead(policy, "departure", lambda _: 0.0),
    "supersedes forgotten": _instead(sealing, "written", _written),
    "ids at random": _instead(sealing, "batch_id", lambda *_: os.urandom(16)),
    "a period sealed twice": _instead(sealing, "_sealed_periods", lambda *_: set()),
    "undo leaves the held batch": _instead(sealing, "touch", lambda *_: []),
    "a part withdrawn with its own secret": _instead(dispatching, "row_of", _rootless),
    "a part halved without taking it back": _instead(settling, "_halve", _halve_at_once),
    "parts of what may be stored are free": _instead(sealing, "make_whole", _nothing),
    "damaged bytes are sent": _instead(dispatching, "is_whole", lambda *_: True),
    "a restore forgets what may have left": _instead(lanes, "keep_until", _nothing),
    "a restore leaves what is held": _instead(restored, "give_up_cells", lambda *_: 0),
    "no clamp after the clock went back": _instead(policy, "is_stranded", lambda *_: False),
    "a line of the ledger forgotten": _instead(lanes, "note_loss", _nothing),
    "losses told by what never arrived": _instead(lanes, "untell_losses", _nothing),
    "a wider grant frees nothing": _instead(lanes, "look_anew", _nothing),
    "withdrawals need a grant": _instead(sharing, "share_withdrawal", _nothing),
}
"""What is broken -> how."""
