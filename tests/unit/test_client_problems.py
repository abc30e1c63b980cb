"""Problems become the errors that the daemon raised; what is no answer of a daemon is none."""

import pytest

from sidecar.api import problems as daemon
from sidecar.client import problems
from sidecar.client.exchange import Answer, read_answer
from sidecar.errors import DaemonUnreachable, QueueFull, SidecarError


def answer_of(fault: SidecarError) -> Answer:
    """As the daemon would send it."""
    answer = daemon.response(fault)
    assert isinstance(answer.body, bytes)
    return read_answer(answer.status, answer.headers.get, answer.body)


def answer(body: bytes, media: str = "application/json", status: int = 200) -> Answer:
    return Answer(status=status, media=media, server="feedback-sidecar", retry_after=None, body=body)


@pytest.mark.parametrize("cls", daemon.known().values())
def test_every_problem_comes_back_as_its_own_class(cls: type[SidecarError]) -> None:
    with pytest.raises(SidecarError) as raised:
        problems.read(answer_of(cls("what to change", field="rating", index=7)), dict)
    assert type(raised.value) is cls
    assert (raised.value.detail, raised.value.field, raised.value.index) == ("what to change", "rating", 7)


def test_retry_after_comes_back() -> None:
    with pytest.raises(QueueFull) as raised:
        problems.check(answer_of(QueueFull("later", retry_after=2)))
    assert raised.value.retry_after == 2


def test_problem_of_a_newer_daemon_is_a_plain_error() -> None:
    with pytest.raises(SidecarError) as raised:
        problems.check(answer(b'{"type":"/problems/of-tomorrow","detail":"x"}', problems.PROBLEM, 418))
    assert type(raised.value) is SidecarError


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"title":1}'])
def test_unreadable_problem_is_no_daemon(body: bytes) -> None:
    with pytest.raises(DaemonUnreachable):
        problems.check(answer(body, problems.PROBLEM, 500))


@pytest.mark.parametrize("body", [b"", b"hello", b"[1,2]", b'{"a":'])
def test_answer_of_another_shape_is_no_daemon(body: bytes) -> None:
    with pytest.raises(DaemonUnreachable):
        problems.read(answer(body), dict[str, object])


def test_json_is_read_whatever_its_status() -> None:
    starting = answer(b'{"status":"starting"}', status=503)
    assert problems.read(starting, dict[str, object]) == {"status": "starting"}


def test_refusals_are_the_faults_of_a_record_alone() -> None:
    assert {cls.slug for cls in problems.REFUSALS} == {
        "body-too-large",
        "content-not-accepted",
        "idempotency-conflict",
        "invalid-record",
        "malformed-json",
    }
