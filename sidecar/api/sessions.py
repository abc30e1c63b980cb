"""Sessions: browsers that showed a one-time code, and the codes that were shown.

Job: take a code once; give a browser a cookie and a CSRF token, and know it again until its time is over.
Must not: write anything to a disk: a restart signs everybody out.

    code    right seal, not expired, made since the daemon started, not used ....... session
    session idle for an hour, 12 hours old, signed out, or the token was rotated ... gone
"""

import hmac
from collections.abc import Callable
from hashlib import blake2b
from typing import Final

from msgspec import Struct

from sidecar import proof
from sidecar.clock import Clock
from sidecar.errors import LoginCodeRefused, TooManyGuesses

ID_BYTES: Final = 32
MOST_SESSIONS: Final = 16  # browsers of one person; the one that was idle longest makes room
MOST_CODES: Final = 256  # used within a minute; only a holder of the token can make one
IDLE_SECONDS: Final = 3_600.0
WHOLE_SECONDS: Final = 12 * 3_600.0  # a working day


class Session(Struct):
    """One browser that is signed in.

    Attributes:
        csrf: what its pages have to send with each change.
        ends: when it is over in any case, in seconds since boot.
        idle_until: when it is over unless it is used.
    """

    csrf: str
    ends: float
    idle_until: float


class Sessions:
    """Every session of this run of the daemon, kept by a digest of its cookie.

    Args:
        clock: wall time for the codes, the boot clock for the sessions.
        random_bytes: makes cookies and CSRF tokens.
    """

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._started_ms = _ms(clock)
        self._used: dict[str, int] = {}
        self._sessions: dict[bytes, Session] = {}
        self._mark = b""

    def sign_in(self, text: str, *, token: str, host: str) -> tuple[str, Session]:
        """A code for the cookie of a new session.

        Raises:
            LoginCodeRefused: forged, for another address, used, too old, or older than this daemon.
            TooManyGuesses: more codes were used in a minute than a person can.
        """
        code = proof.read_code(text, token, host)
        now = _ms(self._clock)
        if code is None or not self._is_fresh(code, now):
            raise LoginCodeRefused("run `sidecar open` again; a code is good for one minute and one use")
        self._used = {nonce: expires for nonce, expires in self._used.items() if expires > now}
        if len(self._used) >= MOST_CODES:
            raise TooManyGuesses("too many logins in a minute", retry_after=60)
        self._used[code.nonce] = code.expires_ms
        return self._begin(token)

    def find(self, cookie: str, token: str) -> Session | None:
        """The session of a cookie; looking at it keeps it from being idle."""
        self._forget(token)
        session = self._sessions.get(_digest(cookie))
        if session is not None:
            session.idle_until = self._clock.boot_seconds() + IDLE_SECONDS
        return session

    def lives(self, session: Session, token: str) -> bool:
        """Whether it is not over; asking does not keep it from being idle."""
        self._forget(token)
        return any(each is session for each in self._sessions.values())

    def end(self, cookie: str) -> int:
        """Sign one browser out; returns how many that were."""
        return int(self._sessions.pop(_digest(cookie), None) is not None)

    def end_all(self) -> int:
        """Sign every browser out; returns how many that were."""
        ended = len(self._sessions)
        self._sessions.clear()
        return ended

    def seconds_left(self, session: Session) -> int:
        """How long it lasts at most."""
        return max(0, int(session.ends - self._clock.boot_seconds()))

    def _is_fresh(self, code: proof.Code, now: int) -> bool:
        """A code of before the start may have been used in the run before this one: nobody remembers."""
        made = code.expires_ms - proof.CODE_MS
        return self._started_ms <= made <= now < code.expires_ms and code.nonce not in self._used

    def _begin(self, token: str) -> tuple[str, Session]:
        self._forget(token)
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[min(self._sessions, key=lambda each: self._sessions[each].idle_until)]
        cookie, csrf = self._random_bytes(ID_BYTES).hex(), self._random_bytes(ID_BYTES).hex()
        now = self._clock.boot_seconds()
        session = Session(csrf, now + WHOLE_SECONDS, now + IDLE_SECONDS)
        self._sessions[_digest(cookie)] = session
        return cookie, session

    def _forget(self, token: str) -> None:
        """Drop what is over; under another token than before that is everything."""
        mark, now = proof.mark(token), self._clock.boot_seconds()
        if not hmac.compare_digest(mark, self._mark):
            self._sessions.clear()
            self._mark = mark
        over = [key for key, each in self._sessions.items() if now >= min(each.ends, each.idle_until)]
        for key in over:
            del self._sessions[key]


def _digest(cookie: str) -> bytes:
    """Looked up by its digest, so that the time a look takes says nothing of the cookie."""
    return blake2b(cookie.encode(errors="surrogatepass"), digest_size=32).digest()


def _ms(clock: Clock) -> int:
    return int(clock.now().timestamp() * 1_000)
