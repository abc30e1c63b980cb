"""Sharing from the command line, against a real daemon and a real collector."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.sharing import FREE, Collector, configure, sharing_daemon
from tests.support.shell import Shell

RATE = ("rate", "llama3.1:8b", "4", "--product", "chat")
GRANT = ("consent", "grant", "acme", "--scopes", "ratings")


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@pytest.fixture
def daemon(tmp_path: Path, collector: Collector) -> Iterator[Daemon]:
    with sharing_daemon(tmp_path, collector.url) as daemon:
        yield daemon


@pytest.fixture
def shell(tmp_path: Path, daemon: Daemon) -> Shell:
    assert daemon.endpoint is not None
    shell = Shell(tmp_path, SIDECAR_CONFIG=str(tmp_path / "config.toml"))
    for name in FREE:
        shell.environment.pop(name, None)
    return shell


def test_a_terminal_shows_every_word_before_it_asks(shell: Shell) -> None:
    text = next(row["text"] for row in shell("consent", "--json").json["destinations"])
    code, shown = shell.at_terminal(*GRANT, typed="n\n")
    assert code == 1
    assert text.replace("\n", "\r\n") in shown
    assert shell("status", "--json").json["mode"] == "local"
    code, _ = shell.at_terminal(*GRANT, typed="y\n")
    assert (code, shell("status", "--json").json["mode"]) == (0, "share")


def test_without_a_person_nothing_is_granted_unless_yes_is_typed(shell: Shell) -> None:
    said = shell(*GRANT)
    assert (said.code, "--yes" in said.err) == (2, True)
    assert shell("consent", "--json").json["mode"] == "local"
    assert shell(*GRANT, "--yes").code == 0
    assert shell("consent", "--json").json["mode"] == "share"


@pytest.mark.parametrize(
    "words",
    [
        ("consent", "grant", "acme"),
        ("consent", "grant"),
        ("consent", "revoke"),
        ("consent", "mode", "loud"),
        ("consent", "show", "acme", "--scopes", "ratings"),
        ("outbox", "send"),
        ("outbox", "send", "../../v1/purge"),
        ("withdraw", "7"),
        ("upload",),
    ],
)
def test_words_that_do_not_fit_are_wrong_use(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell(*words).code == 2


@pytest.mark.parametrize("scopes", ["rating", "", " , ", "ratings,everything"])
def test_scopes_that_do_not_exist_are_named_before_anything_is_asked(shell: Shell, scopes: str) -> None:
    said = shell("consent", "grant", "acme", "--scopes", scopes, "--yes")
    assert (said.code, "ratings, comparisons, errors, usage, requests" in said.err) == (2, True)
    assert said.out == ""
    assert shell("status", "--json").json["mode"] == "local"


def test_the_whole_way_from_a_yes_to_a_withdrawal(shell: Shell, collector: Collector) -> None:
    assert "connections ever: 0" in shell("status").out
    assert shell("egress").out == "connections ever: 0\n"
    assert shell(*GRANT, "--yes").code == 0
    assert shell(*RATE).code == 0
    (draft,) = shell("preview", "--json").json["draft"]
    assert draft in shell("preview").out
    assert shell("upload", "--now", "--wait", "--json").json["rows"] == []
    assert [letter.text.decode() for letter in collector.letters] == [draft]
    (receipt,) = shell("receipts", "--json").json["rows"]
    assert receipt["batch_id"] in shell("receipts").out
    assert "connections ever: 1" in shell("status").out
    assert shell("withdraw", receipt["batch_id"]).code == 0
    assert shell("upload", "--now", "--wait").code == 0
    assert shell("receipts", "--json").json["rows"][0]["state"] == "withdrawn"
    assert [row["what"] for row in shell("egress", "--json").json["rows"]] == ["batch", "withdrawal"]


def test_a_no_offers_to_take_back_what_was_sent(shell: Shell) -> None:
    revoke = ("consent", "revoke", "acme")
    shell(*GRANT, "--yes")
    assert "--withdraw" not in shell(*revoke).out  # nothing was sent
    shell(*GRANT, "--yes")
    shell(*RATE)
    shell("upload", "--now", "--wait")
    said = shell(*revoke).out
    assert "acme keeps 1 batch that left; `sidecar consent revoke acme --withdraw` takes them back" in said
    code, shown = shell.at_terminal(*revoke, typed="n\n")
    assert (code, "Take them back too?" in shown) == (0, True)
    assert shell("receipts", "--json").json["rows"][0]["state"] == "shared"
    shell.at_terminal(*revoke, typed="y\n")
    assert shell("receipts", "--json").json["rows"][0]["state"] in {"withdrawing", "withdrawn"}
    assert shell("consent", "--json").json["destinations"][0]["state"] == "revoked"


def test_silence_names_every_switch_and_no_socket_beyond_this_machine(shell: Shell) -> None:
    heard = shell("doctor", "--silence", "--json").json
    assert (heard["attempts_ever"], heard["switches"], heard["mode"]) == (0, [], "local")
    assert [each for each in heard["sockets"] if each["beyond"]] == []
    assert any(each["state"] == "listen" for each in heard["sockets"])
    assert "no open socket leads beyond this machine" in shell("doctor", "--silence").out


def test_the_switches_shown_are_those_of_the_daemon_and_without_one_of_the_shell(
    shell: Shell, daemon: Daemon
) -> None:
    shell.environment["DO_NOT_TRACK"] = "1"  # the daemon was started without it, and would send
    for command in (("status",), ("doctor", "--silence")):
        found = shell(*command, "--json").json
        assert (found["switches"], found["switches_of"]) == ([], "daemon")
        assert "DO_NOT_TRACK" not in shell(*command).out
    assert daemon.stop() == 0
    for command in (("status",), ("doctor", "--silence")):
        found = shell(*command, "--json").json
        assert (found["switches"], found["switches_of"]) == (["DO_NOT_TRACK"], "shell")
        assert "as this shell sees it" in shell(*command).out


def test_a_switch_of_the_daemon_is_shown_in_any_shell(tmp_path: Path, collector: Collector) -> None:
    shell = Shell(tmp_path, SIDECAR_CONFIG=str(configure(tmp_path, collector.url)))
    for name in FREE:
        shell.environment.pop(name, None)
    with sharing_daemon(tmp_path, collector.url, DO_NOT_TRACK="1"):
        assert shell("status", "--json").json["switches"] == ["DO_NOT_TRACK"]
        assert "DO_NOT_TRACK forbids every packet" in shell("doctor", "--silence").out


def test_status_shows_who_asks(shell: Shell, daemon: Daemon) -> None:
    with daemon.caller() as app:
        assert app.post("/v1/consent/ask", {"destination": "acme"}).json["asked"]
    assert shell("status", "--json").json["asked"] == ["acme"]
    assert "sidecar consent show acme" in shell("status").out


def test_status_without_a_daemon_still_says_what_left(shell: Shell, daemon: Daemon) -> None:
    shell(*GRANT, "--yes")
    shell(*RATE)
    shell("upload", "--now", "--wait")
    assert daemon.stop() == 0
    found = shell("status", "--json").json
    assert (found["mode"], found["connections_ever"], found["batches"]) == ("share", 1, {"shared": 1})
    assert found["last_upload"] is not None


def test_uninstall_takes_everything_back_before_the_secrets_go(shell: Shell, collector: Collector) -> None:
    shell(*GRANT, "--yes")
    shell(*RATE)
    shell("upload", "--now", "--wait")
    collector.status = 500
    said = shell("uninstall", "--withdraw", "--yes")
    assert (said.code, "nothing was removed" in said.out) == (1, True)
    assert shell.data_dir.exists()
    collector.status = 200
    shell("uninstall", "--withdraw", "--yes")  # ends with 1: the daemon still runs
    assert collector.letters[-1].method == "DELETE"
    assert shell("receipts", "--json").json["rows"][0]["state"] == "withdrawn"


def test_uninstall_has_nothing_to_take_back_of_what_was_refused(shell: Shell, collector: Collector) -> None:
    shell(*GRANT, "--yes")
    shell(*RATE)
    collector.verdict = "rejected"
    shell("upload", "--now", "--wait")
    assert shell("receipts", "--json").json["rows"][0]["state"] == "quarantined"
    said = shell("uninstall", "--withdraw", "--yes")
    assert "nothing was removed" not in said.out
    assert [letter.method for letter in collector.letters] == ["PUT"]


def test_a_restored_backup_shares_nothing_that_it_holds(tmp_path: Path, collector: Collector) -> None:
    shell = Shell(tmp_path, SIDECAR_CONFIG=str(configure(tmp_path, collector.url)))
    for name in FREE:
        shell.environment.pop(name, None)
    with sharing_daemon(tmp_path, collector.url) as daemon:
        assert shell(*GRANT, "--yes").code == 0
        assert shell(*RATE).code == 0
        assert shell("backup", tmp_path / "copy").code == 0
        assert shell("upload", "--now", "--wait").code == 0
        assert daemon.stop() == 0
    assert shell("restore", tmp_path / "copy").code == 0
    with sharing_daemon(tmp_path, collector.url):
        assert shell("upload", "--now", "--wait").code == 0
        assert shell("preview", "--json").json == {"batches": [], "draft": []}
        assert shell(*GRANT, "--include-earlier", "--yes").code == 0
        assert shell("upload", "--now", "--wait").code == 0
        assert shell("preview", "--json").json == {"batches": [], "draft": []}
    assert len(collector.letters) == 1
