"""A real Chromium with an empty profile, and names that lead to this machine.

Job: start it without a window, without background traffic, and without the browser's own guard before local
addresses, so that ours is what a test meets.
Must not: load a page; a test does.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tests.support.needs import need

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUIET = (
    "--no-sandbox",  # CI is root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests",
)


def chromium_path() -> str | None:
    """Where Chromium is installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@contextlib.contextmanager
def chromium(names: Mapping[str, str], *, secure_origins: tuple[str, ...] = ()) -> "Iterator[Browser]":
    """A browser for which each name is an address: `{"evil.example.org": "127.0.0.1:8000"}`.

    Args:
        names: host name -> address, with a port where every port of the name leads to that one.
        secure_origins: http origins that may do what else needs https, such as service workers.
    """
    path = chromium_path()
    need(path, "chromium is not installed")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # a machine without it skips
    except ImportError:
        need(None, "playwright is not installed")
    rules = ", ".join(f"MAP {name} {address}" for name, address in names.items())
    options = [f"--host-resolver-rules={rules}"] if names else []
    if secure_origins:
        options.append(f"--unsafely-treat-insecure-origin-as-secure={','.join(secure_origins)}")
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=[*QUIET, *options], env=dict(environment)
        )
        try:
            yield browser
        finally:
            browser.close()
