"""What every test gets: long forms stay out unless they are asked for.

Job: keep `pytest` short; `pytest -m long` runs the long forms.
Must not: hold fixtures of one room; they stand in tests/support.
"""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long forms out of a run that did not name them."""
    if "long" in str(config.getoption("markexpr")):
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
