"""What every refusal has to be (RFC 9457), whatever was sent.

Job: check the shape of a problem, and that nothing of the request came back.
Must not: know which refusal a test expects.
"""

from typing import Any

from tests.support.caller import Answer

CANARY = "Zq7-zebra-violin-Zq7"
"""Stands in what tests send; whoever finds it in an answer, a log or a file has found a leak."""

MEMBERS = {"type", "title", "status", "detail", "field", "index"}


def problem(answer: Answer, status: int, slug: str | None = None) -> dict[str, Any]:
    """The problem of a refusal.

    Raises:
        AssertionError: it is no problem, another one, or it repeats what was sent.
    """
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    silent(answer)
    found: dict[str, Any] = answer.json
    assert set(found) <= MEMBERS
    assert {"type", "title", "status", "detail"} <= set(found)
    assert found["status"] == status
    assert found["type"].startswith("/problems/")
    if slug is not None:
        assert found["type"] == f"/problems/{slug}", found
    return found


def silent(answer: Answer) -> None:
    """Nothing of the request is in the answer.

    Raises:
        AssertionError: the canary came back.
    """
    said = repr(answer.headers).encode() + answer.body
    assert CANARY.lower().encode() not in said.lower()
