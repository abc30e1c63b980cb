"""The plans: everything a client can do, as steps for `sync` and `asynchronous` to carry out.

Job: say once what each call sends, what becomes of the answer, and when a record goes to the spool instead.
Must not: touch a socket or a clock.

    submit:  trusted addresses get the record as it is
             -> others get it scrubbed
             -> nobody answers: the scrubbed form is spooled, under the same key, so that it counts once
                even if an answer was lost on the way
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta, Struct

from sidecar import config, home, proof, strict
from sidecar.client import addresses, letters, problems
from sidecar.client.addresses import Address
from sidecar.client.exchange import Answer, Plan, Request, Work, ask
from sidecar.client.letters import Letter
from sidecar.client.receipt import Receipt
from sidecar.client.shelf import Shelf
from sidecar.client.trust import Challenge, login_link
from sidecar.clock import Clock, SystemClock
from sidecar.config import Settings
from sidecar.errors import DaemonUnreachable, NotFound, SidecarError, Stopping, Unauthorized, UsageError

KEY_BYTES: Final = 16
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_PATH: Final = re.compile(r"/[!-\"$->@-~]*", re.ASCII)
_ONE: Final = "/v1/feedback"
_MANY: Final = "/v1/feedback/batch"


class _Stored(Struct, frozen=True):
    """What has to be in the answer for a record before it counts as acknowledged."""

    feedback_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    duplicate: bool


def new_key() -> str:
    """A fresh idempotency key."""
    return secrets.token_hex(KEY_BYTES)


class Plans:
    """The plans of one client.

    Args:
        product_id, product_version: what each record says unless it says otherwise.
        settings: where the daemon and its directory are; the user's own when left out.
        url: the one address to ask.
        data_dir: the data directory, where `settings` is left out.
        token: the manage token, where the data directory cannot be read.
        submit_token: of the listener at `url`; shown nowhere else.
        spool: whether a record is spooled when no daemon answers.
        keys: gives a fresh idempotency key.
        clock: says when a login link is too old.

    Raises:
        UsageError: arguments that exclude each other, or a url that is none.
        ConfigError: a configuration that cannot be used.
    """

    def __init__(  # noqa: PLR0913  # the clients' own arguments, passed on
        self,
        *,
        product_id: str | None,
        product_version: str | None,
        settings: Settings | None,
        url: str | None,
        data_dir: Path | str | None,
        token: str | None,
        submit_token: str | None,
        spool: bool,
        keys: Callable[[], str],
        clock: Clock | None = None,
    ) -> None:
        if settings is not None and data_dir is not None:
            raise UsageError("give `settings` or `data_dir`, not both")
        named = None if data_dir is None else str(data_dir)
        self.settings = settings or config.load({"data_dir": named, "url": url})
        self._url = url
        self._token = token
        self._submit_token = submit_token
        self._spool = spool
        self._clock = clock or SystemClock()
        self._writer = letters.Writer(product_id=product_id, product_version=product_version, new_key=keys)
        self._shelf = Shelf(self.settings.data_dir)
        addresses.candidates(
            self.settings, url
        )  # a url that is none is a fault of this line, not of a later one

    def submit(self, record: Mapping[str, Any]) -> Plan[Receipt]:
        """One record."""
        letter = self._writer.letter(record)
        (receipt,) = yield from self._deliver([letter], self._post_one)
        return receipt

    def submit_batch(self, records: Sequence[Mapping[str, Any]]) -> Plan[list[Receipt]]:
        """Up to 500 records, all or none."""
        return (yield from self._deliver(self._writer.letters(records), self._post_many))

    def change(self, feedback_id: str, fields: Mapping[str, Any]) -> Plan[dict[str, Any]]:
        """Change what a record says; a repeat changes nothing more."""
        strict.change(letters.plain(fields))
        request = _request("PATCH", _record(feedback_id), body=letters.plain(fields))
        return problems.read((yield from self._submit(self._places(), request)), dict[str, Any])

    def undo(self, feedback_id: str) -> Plan[None]:
        """Delete a record; never sent twice, because the second time there is nothing to delete."""
        request = _request("DELETE", _record(feedback_id), repeatable=False)
        problems.read((yield from self._submit(self._places(), request)), dict[str, Any])

    def get(self, path: str, query: Mapping[str, Any] | None, *, manage: bool) -> Plan[Any]:
        """The JSON of a GET route."""
        answer = yield from self._ask(_request("GET", path, query=query), manage=manage)
        return problems.read(answer, object)

    def post(self, path: str, body: object, *, manage: bool) -> Plan[Any]:
        """The JSON of a POST route; never sent twice."""
        answer = yield from self._ask(_request("POST", path, body=body, repeatable=False), manage=manage)
        return problems.read(answer, object)

    def put(self, path: str, body: object, *, manage: bool) -> Plan[Any]:
        """The JSON of a PUT route; a repeat changes nothing more."""
        answer = yield from self._ask(_request("PUT", path, body=body), manage=manage)
        return problems.read(answer, object)

    def stream(self, path: str, query: Mapping[str, Any] | None, *, manage: bool) -> Plan[Answer]:
        """An answer whose body is still to be read."""
        answer = yield from self._ask(_request("GET", path, query=query, streams=True), manage=manage)
        problems.check(answer)
        return answer

    def login_link(self) -> Plan[str]:
        """A link that signs a browser in once, to a daemon that has proved to be ours."""
        safe = addresses.for_a_browser((yield from self._safe()))
        if not safe:
            raise DaemonUnreachable("the daemon serves a Unix socket alone, where no browser can go")
        token = yield from self._secret()
        asked = msgspec.structs.replace(_request("GET", "/healthz"), challenge=self._challenge(token))
        problems.check((yield from ask(safe[:1], asked)))
        expires_ms = int(self._clock.now().timestamp() * 1_000) + proof.CODE_MS
        return login_link(safe[0], token, proof.Code(secrets.token_hex(proof.NONCE_BYTES), expires_ms))

    def flush(self) -> Plan[int]:
        """Deliver what this client spooled; returns how many of these records the daemon now has.

        What the daemon refuses stays in the spool for it to set aside. When it is still down, all stays.
        """
        arrived = 0
        for path in self._shelf.held():
            record = yield Work(partial(self._shelf.read, path))
            if record is None:
                arrived += yield Work(partial(self._shelf.taken, path))
                self._shelf.forget(path)
                continue
            try:
                yield from self._post_one(self._places(), [record])
            except problems.REFUSALS:
                self._shelf.forget(path)
            except SidecarError:
                break
            else:
                yield Work(partial(self._shelf.remove, path))
                arrived += 1
        return arrived

    def _deliver(
        self, written: list[Letter], post: Callable[[list[Address], list[Letter]], Plan[list[Receipt]]]
    ) -> Plan[list[Receipt]]:
        places = self._places()
        try:
            return (yield from post([place for place in places if place.trusted], written))
        except (DaemonUnreachable, Stopping):
            if not self._spool or not all(place.is_here for place in places):
                raise
        cleaned = yield Work(lambda: [letters.clean(letter) for letter in written])
        try:
            return (yield from post([place for place in places if not place.trusted], cleaned))
        except (DaemonUnreachable, Stopping):
            yield Work(partial(self._shelf.keep, cleaned))
        return [Receipt(feedback_id=None, duplicate=False, spooled=True, answer={}) for _ in cleaned]

    def _post_one(self, places: list[Address], written: list[Letter]) -> Plan[list[Receipt]]:
        (letter,) = written
        answer = yield from self._submit(places, _request("POST", _ONE, body=letter))
        return [_receipt(problems.read(answer, dict[str, Any]))]

    def _post_many(self, places: list[Address], written: list[Letter]) -> Plan[list[Receipt]]:
        answer = yield from self._submit(places, _request("POST", _MANY, body={"records": written}))
        results = problems.read(answer, dict[str, list[dict[str, Any]]]).get("results", [])
        if len(results) != len(written):
            raise DaemonUnreachable(problems.UNREADABLE)
        return [_receipt(result) for result in results]

    def _ask(self, request: Request, *, manage: bool) -> Plan[Answer]:
        """Ask anywhere, or with the token where it may be shown, after the proof."""
        if not manage:
            return (yield from self._submit(self._places(), request))
        safe = yield from self._safe()
        token = yield from self._secret()
        shown = msgspec.structs.replace(request, token=token, challenge=self._challenge(token))
        return (yield from ask(safe, shown))

    def _safe(self) -> Plan[list[Address]]:
        """The places where the token may be shown, once they have proved who they are."""
        places = self._places()
        if not all(place.is_here for place in places):
            raise Unauthorized("the manage token is shown to a daemon of this machine only")
        safe = [place for place in places if place.trusted]
        if not safe:
            yield from ask(places, _request("GET", "/healthz"))
            raise Unauthorized(
                "a daemon answers that may be another user's; name its url to show it the token"
            )
        return safe

    def _secret(self) -> Plan[str]:
        token: str | None = yield Work(self._read_token)
        if token is None:
            raise Unauthorized(
                "the manage token cannot be read in the data directory; `sidecar token` prints it"
            )
        return token

    def _challenge(self, token: str) -> Challenge:
        return Challenge(token, secrets.token_hex(proof.NONCE_BYTES))

    def _submit(self, places: Sequence[Address], request: Request) -> Plan[Answer]:
        """Ask without the manage token; a url that was named sees the submit token."""
        named = self._url or self.settings.url
        token = _sayable(self._submit_token or self.settings.submit_token) if named else None
        return (yield from ask(places, msgspec.structs.replace(request, token=token)))

    def _places(self) -> list[Address]:
        return addresses.candidates(self.settings, self._url)

    def _read_token(self) -> str | None:
        given = (self._token or self.settings.token or "").strip()
        return _sayable(given or home.read_secret(self.settings.data_dir, home.TOKEN_FILE))


def _request(  # noqa: PLR0913  # the parts of an HTTP request
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    body: object = None,
    repeatable: bool = True,
    streams: bool = False,
) -> Request:
    if not _PATH.fullmatch(path):
        raise UsageError("a path begins with / and holds neither query nor blanks; pass the query by itself")
    asked = urlencode({name: value for name, value in (query or {}).items() if value is not None})
    return Request(
        method=method,
        target=f"{path}?{asked}" if asked else path,
        body=None if body is None else msgspec.json.encode(body),
        repeatable=repeatable,
        streams=streams,
    )


def _sayable(token: str | None) -> str | None:
    """A token that a header can carry; None for any other."""
    token = (token or "").strip()
    return token if token and token.isascii() and token.isprintable() else None


def _record(feedback_id: str) -> str:
    if not _ID.fullmatch(feedback_id):
        raise NotFound("a feedback_id is 32 hexadecimal digits")
    return f"{_ONE}/{feedback_id}"


def _receipt(answer: dict[str, Any]) -> Receipt:
    """The receipt of one acknowledged record.

    Raises:
        DaemonUnreachable: no such acknowledgement.
    """
    try:
        stored = msgspec.convert(answer, _Stored)
    except msgspec.ValidationError:
        raise DaemonUnreachable(problems.UNREADABLE) from None
    return Receipt(stored.feedback_id, stored.duplicate, spooled=False, answer=answer)
