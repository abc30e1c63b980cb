"""A whole life of the daemon, for those who watch it: `python -m tests.support.life DATA_DIR`.

Job: start it with a spool that waits, ask every route, wait for every job and the probe, stop it.
Must not: watch; strace or a network around it does.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sidecar import home, jobs, spool
from tests.support.daemon import start
from tests.support.field_table import LEAST, least
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.routes import body_of, deleting_last, path_of

WATCHED: Final = str(Path(__file__).with_name("serve_watched.py"))
BUG: Final = 500


def live(data_dir: Path, prefix: Sequence[str] = ()) -> None:
    """From the first start to the last answer; each route, each job, the probe."""
    home.prepare(data_dir)
    spool.write(data_dir / home.SPOOL, least("rating", idempotency_key="waited"))
    settings = {"SOCKET": str(data_dir / "socket"), "LOG_LEVEL": "debug"}
    with start(data_dir, prefix=prefix, program=[WATCHED, str(data_dir)], settings=settings) as daemon:
        with daemon.caller(manages=True) as owner:
            for kind in LEAST:
                assert owner.post("/v1/feedback", least(kind)).status == 201
            feedback_id = owner.get("/v1/feedback").json["rows"][0]["feedback_id"]
        url, token = url_of(daemon), ("Authorization", f"Bearer {daemon.token}")
        for route in deleting_last():
            headers = ours(url, JSON, token)
            answer = ask(url, route.method, path_of(route, feedback_id), headers, body_of(route))
            assert answer.status < BUG, (route.method, route.path)
        daemon.says(*(f"job {job.name}" for job in jobs.JOBS if job.name != jobs.SHARE))
        daemon.ready()
        assert daemon.stop() == 0


if __name__ == "__main__":
    live(Path(sys.argv[1]))
