"""An import while somebody floods: the daemon refuses it for a while, and every row is stored once."""

import json
import threading
from pathlib import Path

from tests.support.attack import connect, post, receive, send
from tests.support.daemon import Daemon, start
from tests.support.shell import Shell

ROWS = 1_300  # three batches; half of 500 records a second is the import's
AT_ONCE = 20
FLOOD = json.dumps({"records": [{"feedback_type": "usage_pattern", "action": "copy"}] * 25}).encode()


def flood(daemon: Daemon, over: threading.Event) -> None:
    """Take what there is, until the import is over."""
    with connect(daemon) as connection:
        while not over.is_set():
            assert send(connection, post(daemon, FLOOD, "/v1/feedback/batch") * AT_ONCE)
            receive(connection, AT_ONCE)


def test_an_import_during_a_flood_is_paced_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ratings.jsonl"
    file.write_text("".join(json.dumps({"model": f"m{n}", "rating": 1 + n % 5}) + "\n" for n in range(ROWS)))
    over = threading.Event()
    with start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        daemon.ready()
        crowd = threading.Thread(target=flood, args=(daemon, over))
        crowd.start()
        try:
            said = Shell(tmp_path)("import", file, "--product", "example-app", "--json")
        finally:
            over.set()
            crowd.join()
        assert said.json["stored"] == ROWS
        with daemon.caller(manages=True) as owner:
            assert 'sidecar_answers_total{status="429"}' in owner.get("/metrics").body.decode()
            models = [row["model"] for row in owner.rows("/v1/feedback") if "model" in row]
        assert sorted(models) == sorted(f"m{n}" for n in range(ROWS))
