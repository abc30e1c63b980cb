"""Codes and sessions by a clock that the test moves: once, in time, and never after the token changed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sidecar import proof
from sidecar.api.sessions import IDLE_SECONDS, MOST_CODES, MOST_SESSIONS, WHOLE_SECONDS, Sessions
from sidecar.errors import LoginCodeRefused, TooManyGuesses

TOKEN, OTHER = "a" * 64, "b" * 64
HOST = "127.0.0.1:8917"


class Clock:
    """Two clocks that move together."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        """Wall time."""
        return datetime(2026, 10, 5, 12, tzinfo=UTC) + timedelta(seconds=self.passed)

    def boot_seconds(self) -> float:
        """The boot clock."""
        return 500.0 + self.passed


def numbered() -> Iterator[bytes]:
    return (number.to_bytes(32, "big") for number in range(1, 10_000))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    bytes_ = numbered()
    return Sessions(clock, lambda _: next(bytes_))


def code(clock: Clock, *, number: int = 1, seconds: float = 60, token: str = TOKEN, host: str = HOST) -> str:
    """A code that is good for so long from now on."""
    expires = clock.now() + timedelta(seconds=seconds)
    return proof.write_code(token, host, proof.Code(f"{number:032x}", int(expires.timestamp() * 1_000)))


def refused(sessions: Sessions, text: str, *, token: str = TOKEN, host: str = HOST) -> None:
    """No session comes of it."""
    with pytest.raises(LoginCodeRefused):
        sessions.sign_in(text, token=token, host=host)


def test_a_code_is_good_once(clock: Clock, sessions: Sessions) -> None:
    text = code(clock)
    cookie, session = sessions.sign_in(text, token=TOKEN, host=HOST)
    assert sessions.find(cookie, TOKEN) is session
    refused(sessions, text)


def test_a_code_is_good_for_a_minute(clock: Clock, sessions: Sessions) -> None:
    early, late = code(clock, number=1), code(clock, number=2)
    clock.passed += 59.9
    sessions.sign_in(early, token=TOKEN, host=HOST)
    clock.passed += 0.1
    refused(sessions, late)
    refused(sessions, early)


def test_a_code_that_would_be_good_for_longer_is_none(clock: Clock, sessions: Sessions) -> None:
    refused(sessions, code(clock, seconds=60.1))
    refused(sessions, code(clock, seconds=10**9))


def test_a_code_from_before_the_start_is_refused(clock: Clock, sessions: Sessions) -> None:
    """The run before this one may have taken it already; nobody remembers."""
    refused(sessions, code(clock, seconds=59.9))


@pytest.mark.parametrize("wrong", [{"token": OTHER}, {"host": "127.0.0.1:8918"}, {"host": "localhost:8917"}])
def test_a_code_is_of_this_token_and_this_address(
    clock: Clock, sessions: Sessions, wrong: dict[str, str]
) -> None:
    refused(sessions, code(clock, **wrong))  # type: ignore[arg-type]  # two words of the function
    refused(sessions, code(clock), **wrong)


def test_used_codes_are_remembered_in_bounds(clock: Clock, sessions: Sessions) -> None:
    for number in range(MOST_CODES):
        sessions.sign_in(code(clock, number=number), token=TOKEN, host=HOST)
    with pytest.raises(TooManyGuesses):
        sessions.sign_in(code(clock, number=MOST_CODES), token=TOKEN, host=HOST)
    clock.passed += 60
    sessions.sign_in(code(clock, number=MOST_CODES), token=TOKEN, host=HOST)


def test_a_session_that_nobody_uses_ends(clock: Clock, sessions: Sessions) -> None:
    cookie, _ = sessions.sign_in(code(clock), token=TOKEN, host=HOST)
    clock.passed += IDLE_SECONDS - 1
    assert sessions.find(cookie, TOKEN)
    clock.passed += IDLE_SECONDS - 1
    assert sessions.find(cookie, TOKEN)
    clock.passed += IDLE_SECONDS
    assert sessions.find(cookie, TOKEN) is None


def test_a_session_ends_however_much_it_is_used(clock: Clock, sessions: Sessions) -> None:
    cookie, session = sessions.sign_in(code(clock), token=TOKEN, host=HOST)
    while clock.passed + 600 < WHOLE_SECONDS:
        clock.passed += 600
        assert sessions.find(cookie, TOKEN)
    assert sessions.seconds_left(session) == 600
    clock.passed += 600
    assert sessions.find(cookie, TOKEN) is None


def test_another_token_ends_every_session_for_good(clock: Clock, sessions: Sessions) -> None:
    cookie, _ = sessions.sign_in(code(clock), token=TOKEN, host=HOST)
    assert sessions.find(cookie, OTHER) is None
    assert sessions.find(cookie, TOKEN) is None


def test_the_browser_that_was_idle_longest_makes_room(clock: Clock, sessions: Sessions) -> None:
    cookies = []
    for number in range(MOST_SESSIONS):
        cookies.append(sessions.sign_in(code(clock, number=number), token=TOKEN, host=HOST)[0])
        clock.passed += 1
    assert sessions.find(cookies[0], TOKEN)
    sessions.sign_in(code(clock, number=99), token=TOKEN, host=HOST)
    assert sessions.find(cookies[1], TOKEN) is None
    assert all(sessions.find(cookie, TOKEN) for cookie in (cookies[0], *cookies[2:]))


def test_signing_out_ends_one_session_or_all(clock: Clock, sessions: Sessions) -> None:
    cookies = [sessions.sign_in(code(clock, number=n), token=TOKEN, host=HOST)[0] for n in range(3)]
    assert (sessions.end(cookies[0]), sessions.end(cookies[0]), sessions.end("\ud800")) == (1, 0, 0)
    assert sessions.find(cookies[0], TOKEN) is None
    assert sessions.end_all() == 2
    assert not any(sessions.find(cookie, TOKEN) for cookie in cookies)
