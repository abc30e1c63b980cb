"""The servers that the daemon is measured against; run as `python servers.py KIND DIRECTORY`.

`bare`: an aiohttp application without a route of ours, for memory and start. `noop`: reads the body and
answers a fixed 201. `aiosqlite`: stores each record in a transaction of its own with `synchronous=FULL`, as
one would write it first. Each prints its port once it serves.
"""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    import aiosqlite

ANSWER = b'{"feedback_id":"00000000000000000000000000000000","duplicate":false}'
SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE record (id INTEGER PRIMARY KEY, model TEXT, task TEXT, rating INTEGER, bucket TEXT) STRICT;
CREATE TABLE cell (model TEXT, task TEXT, bucket TEXT, rating INTEGER, n INTEGER,
                   PRIMARY KEY (model, task, bucket, rating)) STRICT, WITHOUT ROWID;
"""


def created() -> web.Response:
    """The fixed answer."""
    return web.Response(body=ANSWER, status=201, content_type="application/json")


async def noop(request: web.Request) -> web.Response:
    """Read the body and answer."""
    await request.read()
    return created()


class PerRequest:
    """One connection, one transaction a request: what aiosqlite's own examples lead to."""

    def __init__(self, connection: "aiosqlite.Connection") -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    async def post(self, request: web.Request) -> web.Response:
        """Store one rating and its cell, then answer."""
        row = await request.json()
        named = {"model": row["model"], "task": row["task_category"], "rating": row["rating"], "bucket": "x"}
        async with self._lock:
            execute = self._connection.execute
            await execute("BEGIN IMMEDIATE")
            await execute(
                "INSERT INTO record (model, task, rating, bucket) VALUES (:model, :task, :rating, :bucket)",
                named,
            )
            await execute(
                "INSERT INTO cell VALUES (:model, :task, :bucket, :rating, 1) "
                "ON CONFLICT DO UPDATE SET n = n + 1",
                named,
            )
            await execute("COMMIT")
        return created()


async def main(kind: str, folder: Path) -> None:
    """Serve until killed."""
    app = web.Application(client_max_size=1024 * 1024)
    if kind == "noop":
        app.router.add_post("/v1/feedback", noop)
    elif kind == "aiosqlite":
        import aiosqlite  # noqa: PLC0415  # the other servers must not pay for it

        connection = await aiosqlite.connect(folder / "per-request.db", isolation_level=None)
        await connection.executescript(SCHEMA)
        app.router.add_post("/v1/feedback", PerRequest(connection).post)
    app.router.add_get("/healthz", lambda _: asyncio.sleep(0, web.Response(text="ok")))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site.port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
