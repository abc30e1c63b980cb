"""Every recorded machine, through every probe that would run there."""

import re
import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sidecar.hardware import Gpu, Hardware, bucket
from sidecar.hardware.bucket import BUCKETS
from sidecar.hardware.machine import Machine
from sidecar.hardware.memory import read as read_memory
from sidecar.hardware.probe import PROBES, assemble, run_probes

RECORDED = sorted((Path(__file__).resolve().parents[1] / "fixtures" / "hardware").glob("*.toml"))

NEEDED = {
    *("none", "nvidia_rtx", "nvidia_mig", "nvidia_gb10", "amd_discrete", "amd_apu", "intel_arc"),
    *("intel_graphics", "basic_adapters", "apple_m1", "wsl2_nvidia", "container_docker", "windows_nvidia"),
}

IDENTIFYING = re.compile(
    r"/|\\|GeForce|Radeon|Arc [AB]\d|M3|L4|GB10|hynix|nvme|docker|containerd|0x|user-1000|[0-9a-f]{8}"
)
"""What a sentence must not carry: paths, part names, numbers of parts, users, containers."""


class Recording(msgspec.Struct):
    """One machine, as its file tells."""

    platform: str
    expect: dict[str, Any]
    files: dict[str, str] = {}
    commands: dict[str, str] = {}
    memory_bytes: int = 0

    def lay_out(self, root: Path) -> Machine:
        """Write the files below a folder, and see it as a machine."""
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Machine(root, self.platform, self.run, lambda: self.memory_bytes)

    def run(self, arguments: Sequence[str]) -> str | None:
        """The answer to a command; a program that the recording never names is not installed."""
        words = set(arguments)
        return next(
            (text for command, text in self.commands.items() if words.issuperset(command.split())), None
        )


def load(path: Path) -> Recording:
    return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Recording)


def look_at(recording: Recording, root: Path) -> Hardware:
    machine = recording.lay_out(root)
    return assemble(run_probes(PROBES, machine, time.monotonic() + 30))


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_machine_is_recognised(path: Path, tmp_path: Path) -> None:
    recording = load(path)
    hardware = look_at(recording, tmp_path)
    expected = [Gpu(**{"vram_mib": None, **gpu}) for gpu in recording.expect.get("gpus", [])]
    assert bucket(hardware) == recording.expect["bucket"]
    assert list(hardware.gpus) == expected
    assert hardware.environment == recording.expect["environment"]
    assert hardware.limit_mib == recording.expect.get("limit_mib")


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_the_sentences_of_a_machine_identify_nothing(path: Path, tmp_path: Path) -> None:
    for sentence in look_at(load(path), tmp_path).why:
        assert IDENTIFYING.search(sentence) is None, sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_each_graphics_processor_has_its_sentence(path: Path, tmp_path: Path) -> None:
    hardware = look_at(load(path), tmp_path)
    told = [sentence for sentence in hardware.why if " graphics processor " in sentence]
    assert len(told) == max(1, len(hardware.gpus))


def test_the_kinds_of_machines_that_the_design_names_are_all_recorded() -> None:
    assert {path.stem for path in RECORDED} >= NEEDED


def test_recordings_expect_buckets_that_exist() -> None:
    assert {load(path).expect["bucket"] for path in RECORDED} <= BUCKETS


def test_a_limit_on_the_daemons_own_unit_does_not_count(tmp_path: Path) -> None:
    leaf = "sys/fs/cgroup/system.slice/feedback-sidecar.service/memory.max"
    recording = Recording(
        platform="linux",
        expect={},
        files={"proc/self/cgroup": "0::/system.slice/feedback-sidecar.service\n", leaf: "268435456\n"},
    )
    assert read_memory(recording.lay_out(tmp_path)).limit_mib is None


def test_a_machine_that_tells_nothing_at_all_is_unknown_and_says_so(tmp_path: Path) -> None:
    hardware = look_at(Recording(platform="linux", expect={}), tmp_path)
    assert bucket(hardware) == "unknown"
    assert hardware.why == (
        "The memory could not be read, so the bucket is unknown.",
        "No graphics processor was found here.",
    )


def test_a_platform_without_probes_of_its_own_still_has_its_memory(tmp_path: Path) -> None:
    recording = Recording(platform="freebsd15", expect={}, memory_bytes=16 * 1024**3)
    assert bucket(look_at(recording, tmp_path)) == "ram16-19_gpuFalse"


def test_a_command_that_is_there_and_tells_nothing_is_named(tmp_path: Path) -> None:
    recording = load(next(path for path in RECORDED if path.stem == "nvidia_no_driver"))
    assert "NVIDIA's command gave no answer that could be used." in look_at(recording, tmp_path).why


def test_a_container_is_told_what_it_does_not_get(tmp_path: Path) -> None:
    recording = load(next(path for path in RECORDED if path.stem == "container_gpu_not_passed"))
    assert (
        "The host of this container has graphics that are not passed into it."
        in look_at(recording, tmp_path).why
    )
