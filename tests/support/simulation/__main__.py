"""`python -m tests.support.simulation SEED`: replay one seed, cut it down where it fails, and print it."""

import sys
import traceback

from tests.support.simulation.shrink import shrunk
from tests.support.simulation.world import run, script_of

script = script_of(int(sys.argv[1]))
try:
    run(script)
except Exception:  # noqa: BLE001  # whatever it is, it is shown
    script = shrunk(script)
    print(f"{script.kind}, at least these steps:", *script.steps, sep="\n    ")  # noqa: T201  # what it is for
    try:
        run(script)
    except Exception:  # noqa: BLE001  # as above
        traceback.print_exc()
    sys.exit(1)
print(f"{script.kind}: every promise holds")  # noqa: T201  # what it is for
