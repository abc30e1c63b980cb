"""What the service managers are given to read."""

import plistlib
import re
from pathlib import Path

import pytest

from sidecar.errors import UsageError
from sidecar.service.units import (
    LABEL,
    MARK,
    NO_NAMESPACES,
    PLIST,
    SERVICE,
    SOCKET,
    quote,
    render_launchd,
    render_systemd,
    template,
)

COMMAND = ("/opt/side car/bin/python", "-m", "sidecar")
DATA_DIR = Path("/home/ana/100% $HOME/data")


def lines(text: str, directive: str) -> list[str]:
    """The values of one directive."""
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{directive}=")]


def test_the_command_and_the_directory_stand_in_the_unit() -> None:
    text = render_systemd(COMMAND, DATA_DIR)[SERVICE]
    assert lines(text, "ExecStart") == [
        ':"/opt/side car/bin/python" "-m" "sidecar" run --data-dir "/home/ana/100%% $HOME/data"'
    ]
    assert lines(text, "ReadWritePaths") == ['"/home/ana/100%% $HOME/data"']


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("/plain", '"/plain"'),
        ("/with space", '"/with space"'),
        ("/50%n", '"/50%%n"'),
        ("/$HOME", '"/$HOME"'),
        ('/a"b', '"/a\\"b"'),
        ("/a\\b", '"/a\\\\b"'),
        ("/a;b # c", '"/a;b # c"'),
        ("/é", '"/é"'),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_for_the_unit(word: str, quoted: str) -> None:
    assert quote(word) == quoted


def test_a_path_that_looks_like_a_placeholder_stays_a_path() -> None:
    text = render_systemd(["/opt/@DATA_DIR@/sidecar"], Path("/srv/@SIDECAR@"))[SERVICE]
    assert lines(text, "ExecStart") == [':"/opt/@DATA_DIR@/sidecar" run --data-dir "/srv/@SIDECAR@"']


@pytest.mark.parametrize("name", [SERVICE, SOCKET])
def test_no_placeholder_is_left(name: str) -> None:
    assert re.search(r"@[A-Z_]+@", render_systemd(COMMAND, DATA_DIR)[name]) is None


@pytest.mark.parametrize(
    ("command", "data_dir", "private"),
    [
        (COMMAND, DATA_DIR, "yes"),
        (("/tmp/venv/bin/sidecar",), DATA_DIR, "no"),  # noqa: S108 - compared, never used
        (COMMAND, Path("/var/tmp/data"), "no"),  # noqa: S108 - compared, never used
        (COMMAND, Path("/tmpfiles/data"), "yes"),  # noqa: S108 - compared, never used
    ],
)
def test_what_is_installed_below_tmp_is_not_hidden(
    command: tuple[str, ...], data_dir: Path, private: str
) -> None:
    assert lines(render_systemd(command, data_dir)[SERVICE], "PrivateTmp") == [private]


@pytest.mark.parametrize(
    ("command", "data_dir"),
    [
        (("sidecar",), DATA_DIR),
        (COMMAND, Path("data")),
        (("/opt/a\nExecStartPre=/bin/false",), DATA_DIR),
        (COMMAND, Path("/data\x7f")),
        (COMMAND, Path("/data\udcff")),
        ((*COMMAND, "a\tb"), DATA_DIR),
    ],
)
def test_a_path_that_no_unit_can_say_is_refused(command: tuple[str, ...], data_dir: Path) -> None:
    with pytest.raises(UsageError):
        render_systemd(command, data_dir)
    with pytest.raises(UsageError):
        render_launchd(command, data_dir)


def test_the_socket_is_on_loopback_alone() -> None:
    assert lines(render_systemd(COMMAND, DATA_DIR)[SOCKET], "ListenStream") == ["127.0.0.1:8917"]


def test_without_namespaces_everything_that_needs_one_is_off() -> None:
    needs = re.findall(r"^((?:Private|Protect)\w+)=(?!no)", template("systemd", SERVICE), re.MULTILINE)
    off = dict(re.findall(r"^(\w+)=(.*)$", template("systemd", NO_NAMESPACES), re.MULTILINE))
    assert len(needs) == 10
    assert {name: off.get(name) for name in needs} == dict.fromkeys(needs, "no")
    assert off["ReadWritePaths"] == ""
    assert off["CapabilityBoundingSet"] == "~"


def test_the_agent_starts_the_daemon_at_login_and_after_a_crash() -> None:
    agent = plistlib.loads(render_launchd(COMMAND, DATA_DIR))
    assert agent == {
        "Label": LABEL,
        "ProgramArguments": [*COMMAND, "run", "--data-dir", str(DATA_DIR)],
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 10,
        "ExitTimeOut": 15,
        "ProcessType": "Background",
        "Umask": 0o077,
        "HardResourceLimits": {"Core": 0},
        "SoftResourceLimits": {"Core": 0, "NumberOfFiles": 1024},
    }
    assert f"{LABEL}.plist" == PLIST


def test_an_agent_may_have_any_path_that_xml_must_escape() -> None:
    odd = Path('/Users/ana/<a> & "b"')
    assert plistlib.loads(render_launchd(COMMAND, odd))["ProgramArguments"][-1] == str(odd)


def test_every_file_of_an_install_carries_the_mark() -> None:
    texts = [*render_systemd(COMMAND, DATA_DIR).values(), render_launchd(COMMAND, DATA_DIR).decode()]
    assert all(MARK in text for text in [*texts, template("systemd", NO_NAMESPACES)])
