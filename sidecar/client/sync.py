"""The client for ordinary code: no event loop, and nothing but the standard library's HTTP.

Job: carry out the plans, one step after the other.
Must not: decide anything.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sidecar.client.connections import Connections
from sidecar.client.exchange import Pause, Plan, Send, Step, Work
from sidecar.client.plans import Plans, new_key
from sidecar.client.receipt import Receipt
from sidecar.client.verbs import Verbs
from sidecar.config import Settings

T = TypeVar("T")


class FeedbackClient(Verbs[Receipt]):
    """Submits feedback, changes it, and with the manage token reads it. Any thread may use one.

        with FeedbackClient(product_id="example-app", product_version="1.4") as client:
            receipt = client.rate("llama3.1:8b", rating=4, task_category="summarization")

    Args:
        product_id, product_version: what each record says unless it says otherwise.
        settings: where the daemon and its directory are; the user's own when left out.
        url: the one address to ask; else the daemon is found through the user's discovery file.
        data_dir: the daemon's data directory, where `settings` is left out.
        token: the manage token, where the data directory cannot be read.
        submit_token: what the listener at `url` wants, where a container or another machine submits.
        spool: whether a record is kept for a daemon that does not answer; else that is an error.
        timeout_seconds: for connecting, and for each wait for bytes.
        sleep: waits for a busy daemon.
        keys: gives a fresh idempotency key.

    Every call raises the errors of `sidecar.errors`: those of the daemon, and `DaemonUnreachable`.
    """

    def __init__(  # noqa: PLR0913  # all but the first two are for special places and tests
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
        sleep: Callable[[float], None] = time.sleep,
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
        self._connections = Connections(timeout_seconds)
        self._sleep = sleep

    def submit(self, record: Mapping[str, Any]) -> Receipt:
        """Submit any record; returns when it is on the disk, of the daemon or of the spool."""
        return self._carry_out(self._plans.submit(record))

    def submit_batch(self, records: Sequence[Mapping[str, Any]]) -> list[Receipt]:
        """Submit 1 to 500 records, all or none; an error names the `index`."""
        return self._carry_out(self._plans.submit_batch(records))

    def change(self, feedback_id: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  # read strictly
        """Change `rating`, `thumb`, `reasons` or `task_category`; returns the record as it is now."""
        return self._carry_out(self._plans.change(feedback_id, fields))

    def undo(self, feedback_id: str) -> None:
        """Delete a record."""
        self._carry_out(self._plans.undo(feedback_id))

    def hardware(self) -> dict[str, Any]:
        """The hardware bucket of the daemon's machine, and why."""
        return dict(self.get("/v1/hardware"))

    def health(self) -> dict[str, Any]:
        """Whether the daemon lives, its version, and what its owner should know."""
        return dict(self.get("/healthz"))

    def get(self, path: str, query: Mapping[str, Any] | None = None, *, manage: bool = False) -> Any:  # noqa: ANN401  # JSON
        """The JSON of a GET route; `manage` sends the manage token."""
        return self._carry_out(self._plans.get(path, query, manage=manage))

    def post(self, path: str, body: object, *, manage: bool = False) -> Any:  # noqa: ANN401  # JSON
        """The JSON of a POST route; `manage` sends the manage token."""
        return self._carry_out(self._plans.post(path, body, manage=manage))

    def put(self, path: str, body: object, *, manage: bool = False) -> Any:  # noqa: ANN401  # JSON
        """The JSON of a PUT route; `manage` sends the manage token."""
        return self._carry_out(self._plans.put(path, body, manage=manage))

    def stream(
        self, path: str, query: Mapping[str, Any] | None = None, *, manage: bool = True
    ) -> Iterator[bytes]:
        """The body of a GET route in pieces (`/v1/export`, `/metrics`); asked at the first piece."""
        yield from self._carry_out(self._plans.stream(path, query, manage=manage)).rest

    def login_link(self) -> str:
        """A link that opens the dashboard in a browser: once, within a minute, without the manage token."""
        return self._carry_out(self._plans.login_link())

    def flush(self) -> int:
        """Deliver what this client spooled; returns how many of these records the daemon now has."""
        return self._carry_out(self._plans.flush())

    def close(self) -> None:
        """Close the connections; what is spooled stays for the daemon."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _carry_out(self, plan: Plan[T]) -> T:
        done: object = None
        while True:
            try:
                step = plan.send(done)
            except StopIteration as end:
                result: T = end.value
                return result
            done = self._do(step)

    def _do(self, step: Step) -> object:
        match step:
            case Send(address, request):
                return self._connections.send(address, request)
            case Pause(seconds):
                self._sleep(seconds)
                return None
            case Work(do):
                return do()
