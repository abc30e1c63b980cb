"""The submit token goes to the url that was named, and to no other address."""

import os
from pathlib import Path

import pytest

from sidecar import home
from sidecar.client.exchange import Send
from sidecar.client.plans import Plans
from sidecar.config import Settings
from sidecar.home import Endpoint

TOKEN = "e" * 64
NAMED = "http://host.docker.internal:8918"
RATING = {"feedback_type": "rating", "model": "llama3.1:8b", "rating": 4}
DONE = "0" * 32


def plans(folder: Path, *, url: str | None, in_settings: bool = False, token: str = TOKEN) -> Plans:
    """The plans of a client that has a submit token, beside a daemon that can be found."""
    home.publish_endpoint(folder, Endpoint("http://127.0.0.1:4321", None, os.getpid(), "0.1.0"))
    settings = Settings(
        data_dir=folder,
        runtime_dir=folder,
        url=url if in_settings else None,
        submit_token=token if in_settings else None,
    )
    return Plans(
        product_id=None,
        product_version=None,
        settings=settings,
        url=None if in_settings else url,
        data_dir=None,
        token=None,
        submit_token=None if in_settings else token,
        spool=False,
        keys=lambda: "k",
    )


def shown(made: Plans) -> set[tuple[str, str | None]]:
    """Whom each call asks first, and what token it shows."""
    calls = (
        made.submit(RATING),
        made.submit_batch([RATING]),
        made.change(DONE, {"rating": 1}),
        made.undo(DONE),
        made.get("/healthz", None, manage=False),
    )
    steps = [next(call) for call in calls]
    return {(each.address.header, each.request.token) for each in steps if isinstance(each, Send)}


@pytest.mark.parametrize("in_settings", [False, True])
def test_the_named_url_is_shown_the_submit_token(tmp_path: Path, in_settings: bool) -> None:  # noqa: FBT001  # a case of the table
    made = plans(tmp_path, url=NAMED, in_settings=in_settings)
    assert shown(made) == {("host.docker.internal:8918", TOKEN)}


@pytest.mark.parametrize("in_settings", [False, True])
def test_a_daemon_that_was_found_is_not_shown_it(tmp_path: Path, in_settings: bool) -> None:  # noqa: FBT001  # a case of the table
    lock = home.Lock(tmp_path)
    assert lock.acquire()
    made = plans(tmp_path, url=None, in_settings=in_settings)
    assert shown(made) == {("127.0.0.1:4321", None)}
    lock.release()


@pytest.mark.parametrize("token", ["", " \n", "a\r\nHost: b", "\u00fc"])
def test_a_token_that_no_header_can_carry_is_not_sent(tmp_path: Path, token: str) -> None:
    assert shown(plans(tmp_path, url=NAMED, token=token)) == {("host.docker.internal:8918", None)}
