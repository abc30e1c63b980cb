"""What systemd's own checker says of the rendered units, and what no unit of ours may contain."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sidecar.service.units import NO_NAMESPACES, SERVICE, render_systemd, template

HIDING = {
    "PrivateDevices": "an empty /dev has no GPU",
    "DeviceAllow": "a list of devices leaves the others out",
    "DevicePolicy": "as DeviceAllow",
    "ProtectClock": "adds a DeviceAllow for the clock, which closes /dev for all others",
    "ProcSubset": "without /proc/meminfo the memory is unknown",
    "InaccessiblePaths": "/dev, /proc and /sys are read by the probe",
    "TemporaryFileSystem": "as InaccessiblePaths",
    "RootDirectory": "as InaccessiblePaths",
    "RootImage": "as InaccessiblePaths",
    "MemoryMax": "a limit of the control group is taken for the size of the machine",
    "MemoryHigh": "as MemoryMax",
    "MemoryLimit": "as MemoryMax",
    "LimitAS": "NVML maps more address space than the machine has memory",
}
"""Directive -> how it would change the hardware bucket."""

BREAKING = {
    "MemoryDenyWriteExecute": "ctypes callbacks need memory that is written and run",
    "PrivateNetwork": "the port would be on a loopback of its own",
    "IPAddressDeny": "uploads that the user allowed have to leave",
    "User": "a user's manager cannot change the user",
    "DynamicUser": "as User",
}
"""Directive -> what would no longer work."""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The rendered units on disk, with a command and a directory that exist."""
    if shutil.which("systemd-analyze") is None:
        assert os.environ.get("CI") != "true", "missing: systemd-analyze"
        pytest.skip("missing: systemd-analyze")
    directory = tmp_path / "units"
    directory.mkdir()
    for name, text in render_systemd([sys.executable, "-m", "sidecar"], tmp_path).items():
        (directory / name).write_text(text, encoding="utf-8")
    return directory


def analyze(directory: Path, *words: str) -> str:
    """Its whole output: it prints errors and exits 0."""
    environment = {"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(directory), "SYSTEMD_COLORS": "0"}
    done = subprocess.run(
        ["systemd-analyze", "--user", *words],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout


def test_verify_finds_nothing_to_say(units: Path) -> None:
    assert analyze(units, "verify", *(f"./{path.name}" for path in sorted(units.iterdir()))) == ""


def test_verify_would_say_something(units: Path) -> None:
    service = units / SERVICE
    service.write_text(service.read_text(encoding="utf-8").replace("Restart=", "Restrat="), encoding="utf-8")
    assert "Restrat" in analyze(units, "verify", f"./{SERVICE}")


def test_exposure_is_at_most_two_and_a_half(units: Path) -> None:
    said = analyze(units, "security", "--offline=true", f"./{SERVICE}")
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= 2.5


@pytest.mark.parametrize("directive", [*HIDING, *BREAKING])
def test_no_directive_changes_the_bucket_or_breaks_the_daemon(directive: str) -> None:
    texts = (*render_systemd(["/bin/true"], Path("/data")).values(), template("systemd", NO_NAMESPACES))
    found = [line for text in texts for line in text.splitlines() if line.startswith(f"{directive}=")]
    assert found == [], (HIDING | BREAKING)[directive]
