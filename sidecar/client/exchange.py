"""The exchange: how one request gets its answer, told as steps that somebody else carries out.

Job: decide which address to ask next, what to repeat, and how long to wait.
Must not: open a connection, sleep or await; `sync` and `asynchronous` carry the same steps out.

    for each address:   Unreached, somebody else, another user ......... the next address
                        no proof on a new connection ................... the next address; nothing was sent
                        429 or 503 with Retry-After .................... wait, ask again (10 s together)
                        cut in the middle, repeatable .................. once again
                        cut in the middle, else; or no answer in time .. DaemonUnreachable
                        anything our daemon says ....................... the answer
    no address left ..................................................... DaemonUnreachable
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct

from sidecar import __version__
from sidecar.client.addresses import Address
from sidecar.client.trust import NOT_PROVEN, Challenge
from sidecar.errors import DaemonUnreachable, PeerForbidden

T = TypeVar("T")

PATIENCE_SECONDS: Final = 10  # of waiting for a busy daemon; longer is for the caller to decide
BUSY: Final = frozenset({429, 503})
OK: Final = 200
MAX_DIGITS: Final = 9  # of a Retry-After: 31 years
USER_AGENT: Final = f"feedback-sidecar/{__version__}"
SERVER: Final = "feedback-sidecar"
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024  # 2,000 records are under 2 MiB; it only bounds a stranger

NOBODY: Final = "no daemon answers; start it with `sidecar run`"
IN_DOUBT: Final = "the connection ended before the answer; it may have been done: look before you repeat it"


class Request(Struct, frozen=True, kw_only=True):
    """What to ask.

    Attributes:
        target: path and query.
        body: JSON.
        token: the manage token where the route needs it, or the submit token of a listener.
        challenge: what each new connection has to answer before this is sent; given with every manage token.
        repeatable: asking twice is the same as asking once.
        streams: a 200 is left open, for its body to be read piece by piece.
    """

    method: str
    target: str
    body: bytes | None = None
    token: str | None = None
    challenge: Challenge | None = None
    repeatable: bool = True
    streams: bool = False

    def headers(self, address: Address) -> dict[str, str]:
        """The headers, the same for every transport."""
        found = {"Host": address.header, "User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
        if self.body is not None:
            found["Content-Type"] = "application/json"
        if self.token is not None:
            found["Authorization"] = f"Bearer {self.token}"
        return found

    def leaves_open(self, status: int, server: str | None) -> bool:
        """Whether the body of such an answer is not to be read at once."""
        return self.streams and status == OK and server == SERVER


class Answer(Struct, frozen=True, kw_only=True):
    """An answer, whoever gave it.

    Attributes:
        media: its content type, without parameters.
        server: its Server header; courtesy among programs, no proof.
        retry_after: whole seconds; None when absent or a date.
        rest: where the body can be read on, when it was left open.
    """

    status: int
    media: str
    server: str
    retry_after: int | None
    body: bytes
    rest: Any = None


class Unreached(Struct, frozen=True):
    """Nobody took the connection: nothing was sent."""


class Unproven(Struct, frozen=True):
    """Somebody answered who could not prove to be ours: neither the request nor the token was sent."""


class Cut(Struct, frozen=True):
    """The connection ended, or time ran out, after something was sent: it may have been done."""

    timed_out: bool = False


Outcome: TypeAlias = Answer | Unreached | Unproven | Cut


class Send(Struct, frozen=True):
    """Step: carry this request there, and give back the outcome."""

    address: Address
    request: Request


class Pause(Struct, frozen=True):
    """Step: let this time pass."""

    seconds: float


class Work(Struct, frozen=True):
    """Step: do this work, which may wait for a disk, and give back what it returns."""

    do: Callable[[], Any]


Step: TypeAlias = Send | Pause | Work
Plan: TypeAlias = Generator[Step, Any, T]


def read_answer(status: int, header: Callable[[str], str | None], body: bytes, rest: object = None) -> Answer:
    """The parts of an answer that matter.

    Args:
        status: HTTP status.
        header: gives a header by its name.
        body: what was read.
        rest: where to read on.
    """
    seconds = (header("Retry-After") or "").strip()
    return Answer(
        status=status,
        media=(header("Content-Type") or "").partition(";")[0].strip().lower(),
        server=header("Server") or "",
        retry_after=int(seconds)
        if seconds.isascii() and seconds.isdigit() and len(seconds) <= MAX_DIGITS
        else None,
        body=body,
        rest=rest,
    )


def ask(addresses: Sequence[Address], request: Request) -> Plan[Answer]:
    """What the first daemon of ours among these addresses says.

    Raises:
        DaemonUnreachable: none says anything, or none that proves to be ours.
    """
    why = NOBODY
    for address in addresses:
        outcome = yield from _ask_at(address, request)
        match outcome:
            case Answer() if _is_ours(outcome):
                return outcome
            case Unproven():
                why = NOT_PROVEN.format(address.socket or address.header)
            case Cut():
                raise DaemonUnreachable(NOBODY if request.repeatable else IN_DOUBT)
    raise DaemonUnreachable(why)


def _ask_at(address: Address, request: Request) -> Plan[Outcome]:
    patience = PATIENCE_SECONDS
    may_repeat = request.repeatable
    while True:
        outcome: Outcome = yield Send(address, request)
        match outcome:
            case Cut(timed_out=False) if may_repeat:
                may_repeat = False
            case Answer(retry_after=int(seconds)) if _is_busy(outcome) and max(seconds, 1) <= patience:
                patience -= max(seconds, 1)
                may_repeat = request.repeatable
                yield Pause(max(seconds, 1))
            case _:
                return outcome


def _is_ours(answer: Answer) -> bool:
    """Whether a daemon says it that works for this user."""
    other_user = answer.status == PeerForbidden.status and PeerForbidden.slug.encode() in answer.body
    return answer.server == SERVER and not other_user


def _is_busy(answer: Answer) -> bool:
    return answer.status in BUSY and answer.server == SERVER
