"""Cutting a failing script down.

Job: drop steps as long as the same promise stays broken.
Must not: change a step.
"""

from tests.support.simulation.world import Script, run


def shrunk(script: Script) -> Script:
    """The script with as few steps as still fail in the same way."""
    fault = _fault(script)
    size = len(script.steps) // 2
    while size:
        start = 0
        while start < len(script.steps):
            fewer = script._replace(steps=script.steps[:start] + script.steps[start + size :])
            if _fault(fewer) == fault:
                script = fewer
            else:
                start += size
        size //= 2
    return script


def _fault(script: Script) -> str:
    """What fails, in words that stay the same while steps are dropped."""
    try:
        run(script)
    except Exception as fault:  # noqa: BLE001  # a bug of the product may show as anything
        words = str(fault).split("'", maxsplit=1)[0]
        return f"{type(fault).__name__} {words.rstrip('0123456789 ')}"
    return ""
