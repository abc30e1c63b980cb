"""Somebody who sends letters to a collector, one connection each, and does nothing else with the answer.

Job: put, withdraw, and read a verdict with its echo.
Must not: retry or follow; what an answer means is the business of who asked.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.support.caller import Answer
from tests.support.collector.letters import Letter, compressed, headers_of
from tests.support.plain_http import ask, ours


def put(
    url: str, letter: Letter, headers: Mapping[str, str | None] | None = None, body: bytes | None = None
) -> Answer:
    """Send a letter; `headers` replace its own, None leaves one out; `body` replaces its compressed bytes."""
    named: dict[str, str | None] = {**headers_of(letter), **(headers or {})}
    listed = [(name, value) for name, value in named.items() if value is not None]
    return ask(url, "PUT", letter.path, ours(url, *listed), compressed(letter.body) if body is None else body)


def withdraw(url: str, letter: Letter, secret: str | None = None) -> Answer:
    """Delete a letter, with its own secret or another."""
    body = json.dumps({"secret": letter.secret if secret is None else secret}).encode()
    return ask(url, "DELETE", letter.path, ours(url, ("Content-Type", "application/json")), body)


def verdict(url: str, letter: Letter) -> str:
    """Send a letter; its verdict, whose echo is right."""
    return str(judged(put(url, letter), letter)["verdict"])


def judged(answer: Answer, letter: Letter) -> dict[str, Any]:
    """The whole answer, once its status and echo are right."""
    found: dict[str, Any] = answer.json
    assert answer.status == (409 if found.get("verdict") == "conflict" else 200), answer
    assert (found["batch_id"], found["sha256"]) == (letter.id, letter.sha256)
    assert all(isinstance(place, int) for place in found["cells"])
    return found


def is_unsettled(answer: Answer) -> bool:
    """Whether an answer carries no verdict, so that nobody takes it for one."""
    try:
        found = answer.json
    except ValueError:
        return True
    return not (isinstance(found, dict) and "verdict" in found)
