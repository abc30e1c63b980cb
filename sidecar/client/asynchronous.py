"""The client for an event loop, on aiohttp.

Job: carry out the same plans as `sync`, without holding up the loop.
Must not: decide anything.

Records go over aiohttp. What carries the manage token goes over `connections`, in a thread: there each
connection has proved to lead to the owner's daemon, and a pool cannot be asked for that.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp

from sidecar.client.addresses import Address
from sidecar.client.connections import PIECE_BYTES, Connections
from sidecar.client.exchange import (
    MAX_ANSWER_BYTES,
    Cut,
    Outcome,
    Pause,
    Plan,
    Request,
    Send,
    Step,
    Unreached,
    Work,
    read_answer,
)
from sidecar.client.plans import Plans, new_key
from sidecar.client.receipt import Receipt
from sidecar.client.verbs import Verbs
from sidecar.config import Settings

T = TypeVar("T")


class AsyncFeedbackClient(Verbs[Awaitable[Receipt]]):
    """`FeedbackClient` for an event loop: the same names, arguments and errors, to be awaited.

        async with AsyncFeedbackClient(product_id="example-app") as client:
            receipt = await client.rate("llama3.1:8b", thumb="up", task_category="chat")

    One client belongs to one event loop; any number of tasks may use it.
    """

    def __init__(  # noqa: PLR0913  # as FeedbackClient
        self,
        *,
        product_id: str | None = None,
        product_version: str | None = None,
        settings: Settings | None = None,
        url: str | None = None,
        data_dir: Path | str | None = None,
        token: str | None = None,
        submit_token: str | None = None,
        spool: bool = True,
        timeout_seconds: float = 5.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        keys: Callable[[], str] = new_key,
    ) -> None:
        self._plans = Plans(
            product_id=product_id,
            product_version=product_version,
            settings=settings,
            url=url,
            data_dir=data_dir,
            token=token,
            submit_token=submit_token,
            spool=spool,
            keys=keys,
        )
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=timeout_seconds, sock_read=timeout_seconds
        )
        self._sessions: dict[tuple[Address, bool], aiohttp.ClientSession] = {}
        self._connections = Connections(timeout_seconds)
        self._sleep = sleep

    async def submit(self, record: Mapping[str, Any]) -> Receipt:
        """Submit any record; returns when it is on the disk, of the daemon or of the spool."""
        return await self._carry_out(self._plans.submit(record))

    async def submit_batch(self, records: Sequence[Mapping[str, Any]]) -> list[Receipt]:
        """Submit 1 to 500 records, all or none; an error names the `index`."""
        return await self._carry_out(self._plans.submit_batch(records))

    async def change(self, feedback_id: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # read strictly
        """Change `rating`, `thumb`, `reasons` or `task_category`; returns the record as it is now."""
        return await self._carry_out(self._plans.change(feedback_id, fields))

    async def undo(self, feedback_id: str) -> None:
        """Delete a record."""
        await self._carry_out(self._plans.undo(feedback_id))

    async def hardware(self) -> dict[str, Any]:
        """The hardware bucket of the daemon's machine, and why."""
        return dict(await self.get("/v1/hardware"))

    async def health(self) -> dict[str, Any]:
        """Whether the daemon lives, its version, and what its owner should know."""
        return dict(await self.get("/healthz"))

    async def get(self, path: str, query: Mapping[str, Any] | None = None, *, manage: bool = False) -> Any:  # noqa: ANN401  # JSON
        """The JSON of a GET route; `manage` sends the manage token."""
        return await self._carry_out(self._plans.get(path, query, manage=manage))

    async def post(self, path: str, body: object, *, manage: bool = False) -> Any:  # noqa: ANN401  # JSON
        """The JSON of a POST route; `manage` sends the manage token."""
        return await self._carry_out(self._plans.post(path, body, manage=manage))

    async def put(self, path: str, body: object, *, manage: bool = False) -> Any:  # noqa: ANN401  # JSON
        """The JSON of a PUT route; `manage` sends the manage token."""
        return await self._carry_out(self._plans.put(path, body, manage=manage))

    async def stream(
        self, path: str, query: Mapping[str, Any] | None = None, *, manage: bool = True
    ) -> AsyncIterator[bytes]:
        """The body of a GET route in pieces (`/v1/export`, `/metrics`); asked at the first piece."""
        answer = await self._carry_out(self._plans.stream(path, query, manage=manage))
        while piece := await asyncio.to_thread(next, answer.rest, b""):
            yield piece

    async def login_link(self) -> str:
        """A link that opens the dashboard in a browser: once, within a minute, without the manage token."""
        return await self._carry_out(self._plans.login_link())

    async def flush(self) -> int:
        """Deliver what this client spooled; returns how many of these records the daemon now has."""
        return await self._carry_out(self._plans.flush())

    async def close(self) -> None:
        """Close the connections; what is spooled stays for the daemon."""
        self._connections.close()
        while self._sessions:
            await self._sessions.popitem()[1].close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _carry_out(self, plan: Plan[T]) -> T:
        done: object = None
        while True:
            try:
                step = plan.send(done)
            except StopIteration as end:
                result: T = end.value
                return result
            done = await self._do(step)

    async def _do(self, step: Step) -> object:
        match step:
            case Send(address, request) if request.challenge is not None or request.streams:
                return await asyncio.to_thread(self._connections.send, address, request)
            case Send(address, request):
                return await self._send(address, request)
            case Pause(seconds):
                await self._sleep(seconds)
                return None
            case Work(do):
                return await asyncio.to_thread(do)

    async def _send(self, address: Address, request: Request) -> Outcome:
        """Carry a request there and read the answer; see `connections` for the other way of doing it."""
        try:
            response = await self._session(address, keep=request.repeatable).request(
                request.method,
                f"{address.base}{request.target}",
                data=request.body,
                headers=request.headers(address),
                allow_redirects=False,
                timeout=self._timeout,
                middlewares=() if request.repeatable else (_Once(),),
            )
            async with response:
                body = await _whole(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Unreached()
        except TimeoutError:
            return Cut(timed_out=True)
        except (aiohttp.ClientError, OSError):
            return Cut()
        return Cut() if body is None else read_answer(response.status, response.headers.get, body)

    def _session(self, address: Address, *, keep: bool) -> aiohttp.ClientSession:
        """The session of an address, made in the loop that uses it.

        Whether an idle connection was closed is only known when the loop has run since. So what must not be
        sent twice goes out on a new connection, where a cut means what it says.
        """
        session = self._sessions.get((address, keep))
        if session is None:
            connector = (
                aiohttp.TCPConnector(force_close=not keep)
                if address.socket is None
                else aiohttp.UnixConnector(path=address.socket, force_close=not keep)
            )
            session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._sessions[address, keep] = session
        return session


class _Once:
    """Lets a request out once: aiohttp repeats a DELETE by itself, and only `exchange` may."""

    def __init__(self) -> None:
        self._sent = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._sent:
            raise aiohttp.ServerDisconnectedError
        self._sent = True
        return await handler(request)


async def _whole(response: aiohttp.ClientResponse) -> bytes | None:
    """The body; None when it is longer than any of ours."""
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            return None
    return b"".join(pieces)
