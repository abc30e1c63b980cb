"""How often the daemon has to show that it lives."""

import os

import pytest

from sidecar.service.notify import watchdog_interval

ME = "this process"  # its pid differs between the workers of one run, so it stands for it in the names


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [
        ("30000000", None, 15.0),
        ("30000000", ME, 15.0),
        ("1000000", ME, 0.5),
        ("30000000", "1", None),
        ("30000000", "", None),
        (None, None, None),
        (None, ME, None),
        ("0", ME, None),
        ("", ME, None),
        ("-5", ME, None),
        ("soon", ME, None),
    ],
)
def test_the_sign_of_life_comes_twice_in_what_the_manager_allows(
    usec: str | None, pid: str | None, seconds: float | None
) -> None:
    assert watchdog_interval(usec, str(os.getpid()) if pid == ME else pid) == seconds
