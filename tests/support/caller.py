"""Somebody who speaks HTTP to the daemon, over one connection that is kept open.

Job: send one request at a time and read its answer, with the standard library alone.
Must not: retry: a test has to know what was answered and what was not.
"""

import http.client
import json
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

ANSWER_SECONDS = 20.0  # bounds a hang; no answer of the daemon takes so long
BROKEN = (OSError, http.client.HTTPException)
"""What a caller meets when the daemon is gone: nobody knows then whether the request was stored."""


class Answer(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401  # whatever the daemon says
        """The body, decoded."""
        return json.loads(self.body)


class Caller:
    """One connection."""

    def __init__(self, url: str, token: str | None = None, *, seconds: float = ANSWER_SECONDS) -> None:
        place = urlsplit(url)
        self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)
        self._always = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """One request; an object is sent as JSON, bytes as they are.

        Raises:
            OSError, HTTPException: no whole answer came (`BROKEN`).
        """
        headers = dict(self._always)
        content = None
        if body is not None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        return Answer(
            answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()
        )

    def get(self, path: str) -> Answer:
        """GET."""
        return self.ask("GET", path)

    def post(self, path: str, body: object) -> Answer:
        """POST."""
        return self.ask("POST", path, body)

    def patch(self, path: str, body: object) -> Answer:
        """PATCH."""
        return self.ask("PATCH", path, body)

    def delete(self, path: str) -> Answer:
        """DELETE."""
        return self.ask("DELETE", path)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Every row of a paged list."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.get(f"{path}?limit=2000{after}")
            assert page.status == 200, page.body
            found += page.json["rows"]
            if page.json["next"] is None:
                return found
            after = f"&after={page.json['next']}"

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
