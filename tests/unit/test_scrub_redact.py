"""Feature requests: addresses go, words stay."""

import pytest

from sidecar.scrub import redact_request

GONE = [
    ("mail me at kim.doe+x@mail.example.co.uk please", "mail me at <mail> please"),
    ("see https://user:pw@example.org/a?token=b for it", "see <url> for it"),
    ("my models are in /home/kim/My Models/a.gguf today", "my models are in <path> today"),
    ("open C:\\Users\\Kim Doe\\AppData\\x.exe faster", "open <path> faster"),
    ("read ~/notes/plan.md", "read <path>"),
    ("my box 192.0.2.17:8080 is slow", "my box <ip> is slow"),
    ("host 2001:db8::ff00:42:8329 fails", "host <ip> fails"),
    ("card 00:1b:44:11:3a:b7 fails", "card <mac> fails"),
    ("call +44 20 7946 0958 or 415-555-0187", "call <phone> or <phone>"),
    ("pay 4111 1111 1111 1111 now", "pay <number> now"),
    ("key sk-" + "a1B2" * 8 + " leaked", "key <key> leaked"),
    ("set password=hunter2xyz please", "set password=<key> please"),
    ("with user=kim.doe it fails", "with user=<name> it fails"),
    ("on kims-laptop.local it fails", "on <host> it fails"),
    ("id 456e23b9-e20b-4fb2-8fbe-fad15269156a", "id <id>"),
]


@pytest.mark.parametrize(("text", "expected"), GONE)
def test_address_becomes_a_placeholder(text: str, expected: str) -> None:
    assert redact_request(text) == expected


KEPT = [
    "Please add a dark mode and/or larger fonts, e.g. 14 pt (I use version 1.2.3).",
    "Support /v1/embeddings and tool calls in llama.cpp for Q4_K_M, 3.5x faster on an RTX 4090.",
    "Kontext l\u00e4nger als 128k w\u00e4re sch\u00f6n",
    "\u8bf7\u652f\u6301\u4e2d\u6587; \u092e\u0947\u0930\u0947 \u0932\u093f\u090f",
    "Show tokens/s, time to first token and the 5-hour usage",
    "a token is counted twice",
]


@pytest.mark.parametrize("text", KEPT)
def test_ordinary_words_stay_as_written(text: str) -> None:
    assert redact_request(text) == text


def test_controls_and_direction_marks_are_gone() -> None:
    assert redact_request("a\x1b[2J\u202eb\u200fc\x00\nd") == "abc\nd"


def test_result_is_bounded() -> None:
    assert len(redact_request("/a/b " * 400 + "x" * 2_000)) <= 2_000


def test_cut_leaves_no_half_placeholder() -> None:
    shown = redact_request("~/ab " * 399)
    assert len(shown) <= 2_000
    assert shown.count("<") == shown.count(">")


@pytest.mark.parametrize("text", [text for text, _ in GONE])
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redact_request(text)
    assert redact_request(once) == once
