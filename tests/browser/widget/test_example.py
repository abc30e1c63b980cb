"""The example: a chat with a real llama.cpp server, rated, compared and reported; no word of it is kept."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.architecture.source import ROOT
from tests.support import llama
from tests.support.llama import Llama
from tests.support.visit import Visit, says

NAME: Final = "Tiny-Random-0.1M-Instruct-v1.0-F16.gguf"
PROMPT: Final = "Why does zebrafloxin glow?"
TOO_LONG: Final = "zebrafloxin " * 400
"""More than the context of the runtime of these tests."""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Llama]:
    llama.need_llama()
    folder = tmp_path_factory.mktemp("example")
    with llama.start(llama.write_model(folder / NAME), folder) as runtime:
        yield runtime


@pytest.fixture
def page(visit: Visit, runtime: Llama) -> Iterator[str]:
    """Where the example is served."""
    script = ROOT / "examples" / "web" / "serve.py"
    given = ["--llama", runtime.address, "--sidecar", visit.home.url, "--port", "0"]
    with subprocess.Popen([sys.executable, str(script), *given], stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        address = served.stdout.readline().strip()
        visit.host.port = int(address.rpartition(":")[2])
        yield address
        served.terminate()


def held(folder: Path) -> bytes:
    """Every file of a data directory."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_a_chat_is_rated_compared_and_reported_and_nothing_of_it_is_kept(visit: Visit, page: str) -> None:
    visit.away = True  # the runtime refuses what is too long, and the browser writes of it
    shown = visit.page
    shown.goto(page)
    expect(shown.locator("#model")).to_have_text(NAME)
    shown.get_by_label("Your question").fill(PROMPT)
    shown.get_by_role("button", name="Ask", exact=True).click()
    rating = shown.locator("#talk feedback-sidecar").first
    rating.get_by_role("radio", name="2: Weak").click()
    says(rating, "Kept: 2 of 5.")
    shown.get_by_label("Your question").fill(PROMPT)
    shown.get_by_role("button", name="Ask twice and compare").click()
    pair = shown.locator("#talk feedback-sidecar[mode=comparison]")
    pair.get_by_role("button", name="B", exact=True).click()
    says(pair, f"Kept: {NAME}.")
    shown.get_by_label("Your question").fill(TOO_LONG)
    shown.get_by_role("button", name="Ask", exact=True).click()
    error = shown.locator("#talk feedback-sidecar[mode=error]")
    error.get_by_role("button", name="Report").click()
    says(error, "Kept: Too long for the model.")
    assert [row["rating"] for row in visit.home.rows()] == [2]
    assert [row["preferred_variant"] for row in visit.home.rows("comparison")] == ["lively"]
    assert [row["error_type"] for row in visit.home.rows("error_report")] == ["context_length"]
    assert b"zebrafloxin" not in held(visit.home.data_dir)
    assert NAME.encode() in held(visit.home.data_dir)
