"""The headers that every answer carries, whatever it answers.

Job: check them on one answer.
Must not: know the request.
"""

from tests.support.caller import Answer

CORS_HEADERS = (
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-allow-credentials",
    "access-control-expose-headers",
    "access-control-allow-private-network",
)


def secure(answer: Answer, *, corp: str = "same-origin") -> Answer:
    """The answer itself, once its headers were checked.

    Raises:
        AssertionError: one is missing or wrong.
    """
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == corp
    assert headers["cache-control"] == "no-store"
    assert headers["server"] == "feedback-sidecar"
    assert headers.get("access-control-allow-origin") != "*"
    assert "access-control-allow-credentials" not in headers
    assert "set-cookie" not in headers
    return answer


def without_cors(answer: Answer) -> Answer:
    """The answer itself, once it is sure that no page may read it.

    Raises:
        AssertionError: it names an origin, a method or a header.
    """
    assert [name for name in CORS_HEADERS if name in answer.headers] == []
    return answer
