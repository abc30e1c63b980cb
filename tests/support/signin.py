"""A browser that signs in, without a browser.

Job: get the code of a link, exchange it, and speak with cookie and CSRF token as our pages do.
Must not: look into the daemon; what it knows, it was answered.
"""

from collections.abc import Iterable
from http.cookies import SimpleCookie

from sidecar.client import FeedbackClient
from tests.support.caller import Answer
from tests.support.daemon import Daemon
from tests.support.plain_http import JSON, ask, ours, url_of

OUR_PAGE = ("Sec-Fetch-Site", "same-origin")


def code_of(daemon: Daemon) -> str:
    """What stands behind the `#` of a new link."""
    with FeedbackClient(data_dir=daemon.data_dir) as client:
        return client.login_link().partition("#")[2]


def exchange(daemon: Daemon, code: str, *more: tuple[str, str]) -> Answer:
    """What the daemon says to a code."""
    url = url_of(daemon)
    return ask(url, "POST", "/v1/session", ours(url, JSON, *more), f'{{"code":"{code}"}}'.encode())


class Browser:
    """One that is signed in.

    Attributes:
        cookie: `name=value`.
        csrf: what it sends with changes.
    """

    def __init__(self, daemon: Daemon) -> None:
        self._url = url_of(daemon)
        answer = exchange(daemon, code_of(daemon), OUR_PAGE)
        assert answer.status == 201, answer
        ((name, morsel),) = SimpleCookie(answer.headers["set-cookie"]).items()
        self.cookie = f"{name}={morsel.value}"
        self.csrf: str = answer.json["csrf"]

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        csrf: str | None = None,
        headers: Iterable[tuple[str, str]] = (OUR_PAGE,),
    ) -> Answer:
        """One request with the cookie; `csrf` only where it is given."""
        named = ours(self._url, ("Cookie", self.cookie), *headers, *([JSON] if body else []))
        return ask(self._url, method, path, [*named, *([("X-CSRF-Token", csrf)] if csrf else [])], body)
