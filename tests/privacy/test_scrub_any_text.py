"""Any text at all: no crash, no drift, no stall."""

import json
import random
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sidecar.scrub import redact_request, scrub_error
from sidecar.scrub.holes import HOLE
from sidecar.scrub.template import MAX_TEMPLATE
from tests.support.needs import need

FRAGMENTS = [
    *"\"'`\\/<>|~@-+()[]{}=:;.,#%!?*&^$ \n\t\x00\u00e9\u0430\u200b\ud800",
    *(
        '\\"',
        "\\n",
        "''",
        "<n>",
        "<w>",
        "<str>",
        "<path>",
        "<mem:4G-8G>",
        "<content>",
        "::",
        "->",
        "...",
        "www.",
    ),
    *(
        "prompt",
        "input",
        "error",
        "message",
        "user: ",
        "KeyError:",
        "<|im_start|>",
        "[INST]",
        "### Input",
        'b"',
    ),
    *(
        "500",
        "code",
        "exit code",
        "4.5",
        "vllm 0.6.3",
        "0xC0000005",
        "8 GB",
        "MiB",
        "127.0.0.1",
        ":11434",
        "x",
        "12",
    ),
    *(
        "CUDA",
        "out of memory",
        "RuntimeError",
        "tokenizer.json",
        "a.b",
        "q4_K_M",
        "'llama3:8b'",
        "blk.1.attn_q.weight",
    ),
    *(
        "--api-key",
        "can't",
        "failed to load model",
        "no such file or directory",
        "torch.cuda.OutOfMemoryError",
        "ggml-cuda.cu",
    ),
]
MESSAGES = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=60).map(" ".join),
)
ALPHABET = re.compile(r"[\x20-\x7e]*")
QUICK = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(max_examples=1_000_000, deadline=None, suppress_health_check=list(HealthCheck))
KIB = 1024
FLOODS = {
    "apostrophes": " '",
    "quotes": '"a ',
    "keys": "prom pt: ",
    "mappings": '{"a":',
    "combining": "e\u0301",
    "foreign": "\u0430 ",
    "escapes": '\\"',
    "slashes": "/a",
    "numbers": "1 ",
    "words": "failed to load ",
    "lines": "error\n",
    "terminal": "\x1b]",
    "letters": "a",
    "underscores": "_",
    "hyphens": "-",
    "joined": "a_",
    "addresses": "a.b+",
    "holes": "<n> ",
}


def holds(message: str) -> None:
    once = scrub_error("other", message)
    assert len(once.template) <= MAX_TEMPLATE
    assert ALPHABET.fullmatch(once.template)
    again = scrub_error("other", once.template)
    assert again.fingerprint == once.fingerprint
    assert again.template == once.template
    assert again.signature == once.signature


@QUICK
@given(MESSAGES)
def test_any_message_gives_a_settled_template(message: str) -> None:
    holds(message)


@pytest.mark.long
@LONG
@given(MESSAGES)
def test_a_million_messages_give_settled_templates(message: str) -> None:
    holds(message)


@QUICK
@given(st.from_regex(r"[a-z]{3,9}[0-9]{2,6}[A-Z]{3,9}", fullmatch=True), st.sampled_from(FRAGMENTS), MESSAGES)
def test_made_up_token_survives_nowhere(token: str, beside: str, message: str) -> None:
    shown = scrub_error("other", f"{beside} {token} {message}").template
    assert token not in HOLE.sub("", shown)


@QUICK
@given(MESSAGES)
def test_any_request_is_redacted_once_and_for_all(text: str) -> None:
    once = redact_request(text)
    assert len(once) <= 2_000
    assert redact_request(once) == once


def quickest(work: Callable[[], object], tries: int = 7) -> float:
    """Best processor time of some tries, in seconds: what the work costs, without the neighbours' noise."""
    times = []
    for _ in range(tries):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.long  # it goes by processor time, which never decides the short suite
@pytest.mark.parametrize("flood", FLOODS)
def test_time_grows_in_step_with_length(flood: str) -> None:
    """From 4 to 16 KiB a quadratic step would take sixteen times as long; up to eight allows for noise."""
    text = FLOODS[flood] * (16 * KIB)
    scrub_error("other", text[:KIB])
    short = quickest(lambda: scrub_error("other", text[: 4 * KIB]))
    long = quickest(lambda: scrub_error("other", text[: 16 * KIB]))
    assert long <= 8 * max(short, 0.0005)


@pytest.mark.long  # it goes by processor time, which never decides the short suite
@pytest.mark.parametrize("flood", FLOODS)
def test_redaction_grows_in_step_with_length(flood: str) -> None:
    text = FLOODS[flood] * KIB
    assert quickest(lambda: redact_request(text[: 4 * KIB])) <= 0.1


def real_messages() -> list[str]:
    """Messages of 2 KiB made of real error lines."""
    path = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "errors" / "errors_dev.jsonl"
    need(path.exists(), "shared/data/errors is not here")
    lines = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    dice = random.Random(1)
    return ["\n".join(dice.sample(lines, 25))[: 2 * KIB] for _ in range(200)]


def worst_of_hundred(tries: int) -> float:
    """The 99th percentile, in seconds of processor time, over messages of 2 KiB."""
    times = sorted(quickest(partial(scrub_error, "other", message), tries) for message in real_messages())
    return times[-len(times) // 100 - 1]


@pytest.mark.long
def test_two_kib_take_a_millisecond_at_most() -> None:
    assert worst_of_hundred(tries=25) <= 0.001
