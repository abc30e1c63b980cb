"""The manage token: compared in constant time, written nowhere, replaced at once, and not to be guessed."""

import ast
import re
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import psutil
import pytest

from sidecar.cli import COMMANDS, Command, arguments
from tests.architecture.source import modules
from tests.support.caller import Caller
from tests.support.daemon import Daemon, start
from tests.support.field_table import least
from tests.support.plain_http import JSON, ask, ours, url_of
from tests.support.problem import problem
from tests.support.shell import Shell
from tests.support.signin import Browser, code_of, exchange

SECRET_WORDS = re.compile(r"token|csrf|secret|cookie|seal|proof|mark|digest\b", re.IGNORECASE)
PUBLIC_WORDS = re.compile(r"None|_FILE|len\(|status|kind|\.by\b", re.IGNORECASE)
WRONG = "0" * 64


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    with start(tmp_path / "data", settings={"HARDWARE_BUCKET": "unknown"}) as running:
        yield running


def compared(tree: ast.AST) -> Iterator[str]:
    """Every comparison by `==` or `!=`, as text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops):
            yield ast.unparse(node)


def test_no_secret_is_compared_but_in_constant_time() -> None:
    guards = [
        each
        for each in modules("sidecar")
        if each.name.startswith(("sidecar/api/", "sidecar/proof", "sidecar/client/trust"))
    ]
    found = [f"{each.name}: {text}" for each in guards for text in compared(each.tree)]
    named = [line for line in found if SECRET_WORDS.search(line) and not PUBLIC_WORDS.search(line)]
    assert named == []
    users = {each.name for each in guards if "compare_digest" in each.text}
    assert users == {
        "sidecar/api/guard.py",
        "sidecar/api/owner.py",
        "sidecar/api/sessions.py",
        "sidecar/proof.py",
    }


@pytest.mark.parametrize("line", ["given == token", "session.csrf != given"])
def test_a_comparison_that_takes_its_time_would_be_found(line: str) -> None:
    (text,) = compared(ast.parse(line))
    assert SECRET_WORDS.search(text)
    assert not PUBLIC_WORDS.search(text)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_no_command_takes_the_token_as_a_word(command: Command) -> None:
    parser = arguments.parser(command.name, command.help)
    import_module(f"sidecar.cli.{command.module}").declare(command.name, parser)
    assert "--token" not in parser.format_help()
    assert not [flag for action in parser._actions for flag in action.option_strings if "token" in flag]  # noqa: SLF001  # argparse lists them nowhere else


def holders(folder: Path, secret: str) -> list[str]:
    """Files below a folder in which a secret stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in files if secret.encode() in path.read_bytes())


def test_no_secret_is_in_a_log_an_error_or_an_address(tmp_path: Path) -> None:
    """A walk through everything that handles one; then every word that was said is searched."""
    shell, said = Shell(tmp_path), []
    with start(shell.data_dir, settings={"LOG_LEVEL": "debug"}) as daemon:
        token, url = daemon.token, url_of(daemon)
        browser, code = Browser(daemon), code_of(daemon)
        page = browser.ask("GET", "/")
        answers = [
            page,
            browser.ask("GET", "/v1/ledger"),
            browser.ask("DELETE", "/v1/session"),
            browser.ask("DELETE", "/v1/session", csrf=WRONG),
            exchange(daemon, code + "0"),
            exchange(daemon, code[:-1] + ("0" if code[-1] != "0" else "1")),
            ask(url, "POST", "/v1/session", ours(url, JSON), b'{"code":"' + code.encode()),
            ask(url, "GET", f"/v1/{token}", ours(url, ("Authorization", f"Bearer {token}x"))),
            ask(url, "GET", f"/v1/feedback?limit={token}", ours(url, ("Authorization", f"Bearer {token}"))),
            ask(url, "GET", f"/login?{code}", ours(url, ("Referer", f"{url}/login#{code}"))),
        ]
        commands = (("status",), ("doctor",), ("insights", "ratings"), ("export",), ("open",))
        said += [shell(*words) for words in commands]
        for wrong in (WRONG, f"{token}0", "t0ken\n"):
            shell.environment["SIDECAR_TOKEN"] = wrong
            said.append(shell("insights", "ratings"))
            assert said[-1].code == 1
        running = daemon.words
    cookie = browser.cookie.partition("=")[2]
    told = "".join(each.out + each.err for each in said) + running + repr(answers)
    for secret in (token, cookie, code):
        assert secret not in told
    assert browser.csrf not in told
    assert holders(tmp_path, token) == ["manage-token"]
    for secret in (cookie, browser.csrf, code):
        assert holders(tmp_path, secret) == []


def test_no_secret_is_on_a_command_line(tmp_path: Path) -> None:
    """`ps` shows the words of every program to every user, also those that `sidecar open` starts."""
    shell = Shell(tmp_path, DISPLAY=":99", BROWSER="")
    started = tmp_path / "started"
    for name in ("xdg-open", "firefox", "chromium"):
        browser = shell.home / name
        browser.write_text(f'#!/bin/sh\necho "$0 $@" >> {started}\n')
        browser.chmod(0o755)
    with start(shell.data_dir) as daemon:
        assert shell("open").code == 0
        until = time.monotonic() + 20
        while not started.exists():
            assert time.monotonic() < until, "no browser was started"
        words = started.read_text() + repr(psutil.Process(daemon.pid).cmdline())
        (page,) = daemon.data_dir.glob("run/*.html")
        code = re.search(r"/login#([0-9a-f.]+)", page.read_text())
        assert code
        assert page.name in words
        assert code[1] not in words
        assert daemon.token not in words
        assert daemon.token not in page.read_text()
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert exchange(daemon, code[1]).status == 201


def test_a_new_token_holds_at_once_and_the_old_one_never_again(daemon: Daemon, tmp_path: Path) -> None:
    old, pid = daemon.token, daemon.pid
    browsers = [Browser(daemon), Browser(daemon)]
    code = code_of(daemon)
    shell = Shell(tmp_path)
    with daemon.caller(manages=True) as before:
        assert before.get("/v1/ledger").status == 200
        new = shell("token", "rotate").out.strip()
        assert new == daemon.token != old
        problem(before.get("/v1/ledger"), 401)
    with Caller(url_of(daemon), new) as after:
        assert after.get("/v1/ledger").status == 200
    for browser in browsers:
        problem(browser.ask("GET", "/v1/ledger"), 401)
        problem(browser.ask("DELETE", "/v1/session", csrf=browser.csrf), 401)
        assert browser.ask("GET", "/").status == 303
    problem(exchange(daemon, code), 401, "login-code-refused")
    assert daemon.pid == pid
    assert psutil.pid_exists(pid)
    assert Browser(daemon).ask("GET", "/v1/ledger").status == 200


def test_a_token_is_rotated_without_a_daemon_too(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    old = shell("token").out.strip()
    new = shell("token", "rotate").out.strip()
    assert old != new == shell("token").out.strip()
    assert stat.S_IMODE((shell.data_dir / "manage-token").stat().st_mode) == 0o600
    assert sorted(path.name for path in shell.data_dir.iterdir()) == ["manage-token"]
    with start(shell.data_dir) as daemon, daemon.caller(manages=True) as owner:
        assert owner.get("/v1/ledger").status == 200


def test_the_daemon_never_sees_half_a_token(daemon: Daemon, tmp_path: Path) -> None:
    """While one rotates, who holds the newest is let in, and nothing else is ever said than yes or no."""
    shell, url = Shell(tmp_path), url_of(daemon)
    with ThreadPoolExecutor(1) as one:
        rotating = one.submit(lambda: [shell("token", "rotate").code for _ in range(3)])
        seen = set()
        while not rotating.done():
            seen.add(ask(url, "GET", f"/v1/proof?nonce={WRONG}").status)
        assert rotating.result() == [0, 0, 0]
    assert seen == {200}


def test_guessing_is_slow_and_nobody_else_waits(daemon: Daemon) -> None:
    """Sixteen guess as fast as they can; meanwhile the owner reads and an application submits."""
    url, token = url_of(daemon), daemon.token
    wrong = [
        ("GET", "/v1/ledger", ours(url, ("Authorization", f"Bearer {WRONG}")), b""),
        (
            "GET",
            "/v1/ledger",
            ours(url, ("Cookie", f"sidecar-session-{url.rpartition(':')[2]}={WRONG}")),
            b"",
        ),
        ("POST", "/v1/session", ours(url, JSON), f'{{"code":"9.{"0" * 32}.{WRONG}"}}'.encode()),
    ]
    begun = time.monotonic()
    with ThreadPoolExecutor(16) as guessing, Caller(url, token) as owner, Caller(url) as application:
        guesses = [guessing.submit(ask, url, *wrong[number % 3]) for number in range(48)]
        served = 0
        while not all(each.done() for each in guesses):
            asked = time.monotonic()
            assert owner.get("/v1/ledger").status == 200
            assert application.post("/v1/feedback", least("rating")).status == 201
            assert time.monotonic() - asked < 1.5, "they waited as if they had guessed"
            served += 1
    answers = [each.result() for each in guesses]
    assert {answer.status for answer in answers} == {401, 429}
    late = [answer for answer in answers if answer.status == 429]
    assert {answer.headers["retry-after"] for answer in late} == {"2"}
    problem(late[0], 429, "too-many-guesses")
    assert served > 5
    assert time.monotonic() - begun > 1.0


def test_what_cannot_be_a_secret_is_refused_at_once(daemon: Daemon) -> None:
    """So that an application with a wrong setting does not hold up a person who mistypes."""
    url = url_of(daemon)
    begun = time.monotonic()
    for _ in range(40):
        problem(ask(url, "GET", "/v1/ledger"), 401)
        problem(ask(url, "GET", "/v1/ledger", ours(url, ("Authorization", "Bearer guess"))), 401)
    assert time.monotonic() - begun < 8.0, "delays would add up to more than a minute"
