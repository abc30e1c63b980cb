"""Cells equal records after any history: the real ingest path against a plain Python model."""

import pytest
from hypothesis import HealthCheck, settings

from tests.support.store_machine import StoreMachine


def settled(examples: int) -> settings:
    """The same histories on every run."""
    return settings(
        max_examples=examples,
        stateful_step_count=100,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


class LongStoreMachine(StoreMachine):
    """The same, for more histories."""


TestStoreAgainstPlainPython = StoreMachine.TestCase
TestStoreAgainstPlainPython.settings = settled(30)

TestStoreAgainstPlainPythonAtLength = pytest.mark.long(LongStoreMachine.TestCase)
TestStoreAgainstPlainPythonAtLength.settings = settled(600)
