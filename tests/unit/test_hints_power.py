"""The battery and the connection that is paid by volume, as far as a machine tells."""

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from sidecar.hints.interfaces import Interfaces, leads_out
from sidecar.hints.power import Power, metered, power

if sys.platform == "win32":
    pytest.skip("a stand-in for busctl is a shell script", allow_module_level=True)


@pytest.mark.parametrize(
    ("printed", "told"),
    [("u 1\n", True), ("u 3\n", True), ("u 2\n", False), ("u 4", False), ("u 0\n", None), ("u 9\n", None)],
)
def test_a_guess_of_networkmanager_counts(printed: str, told: bool | None) -> None:  # noqa: FBT001  # a row
    assert metered(printed) is told


@pytest.mark.parametrize(
    "printed", ["", "1", "b true", "u 1\nu 2\n", "u -1", "u 1000000", "u \u0661", "x" * 10_000]
)
def test_what_is_no_answer_tells_nothing(printed: str) -> None:
    assert metered(printed) is None


def bus(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `busctl` of our own, the only program of this machine."""
    program = folder / "busctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(folder))


ANSWERS = {
    "echo u 1": True,
    'test "$*" = "--system --auto-start=no --timeout=1 get-property org.freedesktop.NetworkManager'
    ' /org/freedesktop/NetworkManager org.freedesktop.NetworkManager Metered" && echo u 2': False,
    "echo 'Failed to get property Metered' >&2; exit 1": None,
    "printf 'u \\377\\n'": None,
    "exec /bin/sleep 60": None,
}


@pytest.mark.parametrize("script", ANSWERS)
def test_networkmanager_is_asked_through_busctl_and_given_up_in_time(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus(tmp_path, script, monkeypatch)
    assert power(tmp_path).metered is ANSWERS[script]


def test_where_networkmanager_does_not_run_no_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus(tmp_path, f"/usr/bin/touch {tmp_path}/asked; echo u 1", monkeypatch)
    assert power(tmp_path / "absent").metered is None
    assert not (tmp_path / "asked").exists()


def test_where_there_is_no_busctl_nothing_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert power(tmp_path).metered is None


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, None),
        (SimpleNamespace(percent=55, power_plugged=False), 0.55),
        (SimpleNamespace(percent=55, power_plugged=True), None),
        (SimpleNamespace(percent=55, power_plugged=None), None),
        (SimpleNamespace(percent=104, power_plugged=False), 1),
    ],
)
def test_a_battery_counts_while_the_machine_runs_on_it(
    found: object, told: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: found, raising=False)
    assert power(tmp_path / "absent") == Power(battery=told)


def test_a_system_without_batteries_or_one_that_hides_them_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied() -> None:
        raise PermissionError

    monkeypatch.setattr(psutil, "sensors_battery", denied, raising=False)
    assert power(tmp_path / "absent") == Power()
    monkeypatch.delattr(psutil, "sensors_battery")
    assert power(tmp_path / "absent") == Power()


@pytest.mark.parametrize("written", ["192.168.1.2", "10.0.0.1", "2a00::1", "fd00::1", "100.64.0.1"])
def test_an_address_of_a_network_leads_out(written: str) -> None:
    assert leads_out(written)


@pytest.mark.parametrize(
    "written", ["127.0.0.1", "::1", "fe80::1%eth0", "169.254.7.7", "00:11:22:33:44:55", ""]
)
def test_an_address_of_the_machine_or_its_cable_does_not(written: str) -> None:
    assert not leads_out(written)


def test_interfaces_lead_out_when_they_run_and_have_such_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {"lo": "127.0.0.1", "eth0": "192.0.2.1", "eth1": "192.0.2.2", "eth2": "fe80::1%eth2"}
    monkeypatch.setattr(
        psutil, "net_if_stats", lambda: {name: SimpleNamespace(isup=name != "eth1") for name in addresses}
    )
    monkeypatch.setattr(
        psutil,
        "net_if_addrs",
        lambda: {name: [SimpleNamespace(address=each)] for name, each in addresses.items()},
    )
    assert Interfaces().ways() == frozenset({"eth0"})


def test_interfaces_that_are_hidden_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied() -> None:
        raise PermissionError

    monkeypatch.setattr(psutil, "net_if_addrs", denied)
    assert Interfaces().ways() is None
