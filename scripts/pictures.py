#!/usr/bin/env python3
"""Take the pictures of the dashboard that the README shows: `python -m scripts.pictures`.

Job: seed a store, start the daemon on it, photograph views in both themes into `docs/pictures/`.
Must not: show anything of the machine it runs on: the bucket is set, the store is made up.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.support.chromium import chromium
from tests.support.daemon import start
from tests.support.dashboard import person
from tests.support.seeded import BUCKET, seed

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "pictures"
VIEWS: Final = {"overview": "", "ratings": "ratings", "models": "models", "requests": "requests"}
WIDTH: Final = 1280
HEIGHT: Final = 860


def main() -> int:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        seed(folder)
        with (
            start(folder, settings={"HARDWARE_BUCKET": BUCKET}).ready() as daemon,
            chromium({}) as browser,
        ):
            for theme in ("light", "dark"):
                with person(browser, daemon, width=WIDTH, height=HEIGHT, theme=theme) as someone:
                    for view, path in VIEWS.items():
                        page = someone.open(path)
                        page.wait_for_load_state()
                        if view == "overview":
                            page.locator(".brief").nth(1).wait_for()  # the requests come behind the rest
                        page.locator("#live", has_text="live").wait_for()
                        page.screenshot(path=FOLDER / f"{view}-{theme}.png", animations="disabled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
