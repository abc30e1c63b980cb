"""Schemathesis over the published description, every check and every phase: it finds nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.daemon import start
from tests.support.plain_http import url_of

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 600  # bounds a hang; a short run takes 25
CONFIG = """
hooks = "tests.support.schemathesis_hooks"

[checks.positive_data_acceptance]
enabled = false  # `good_data_is_accepted` of the hooks stands in: it is the same but for one rule

[checks.ensure_resource_availability]
enabled = false  # `stored_record_is_there` of the hooks stands in: it is the same but for one rule
"""


def run(tmp_path: Path, seed: int, examples: int) -> str:
    """What schemathesis prints of a daemon; its exit code has to be 0."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG)
    with start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as daemon:
        with daemon.caller(manages=True) as owner:
            assert owner.get("/v1/feedback").status == 200  # returns once the bucket is known
        found = subprocess.run(
            [
                str(Path(sys.executable).with_name("schemathesis")),
                f"--config-file={config}",
                "run",
                f"{url_of(daemon)}/v1/openapi.json",
                f"--header=Authorization: Bearer {daemon.token}",
                f"--max-examples={examples}",
                f"--seed={seed}",
                "--continue-on-failure",
                "--generation-database=none",
                "--request-timeout=30",
                "--no-color",
            ],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(ROOT)])},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert found.returncode == 0, found.stdout + found.stderr
        assert "ERROR" not in daemon.log
        return found.stdout


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    said = run(tmp_path, seed=20_261_123, examples=20)
    assert "47 selected / 47 total" in said
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"\u2705 {phase}" in said, said
    assert "Failures:" not in said, said


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1, 6))
def test_schemathesis_finds_nothing_in_many_examples(tmp_path: Path, seed: int) -> None:
    assert "Failures:" not in run(tmp_path, seed=seed, examples=200)
