"""Rules of looking at a real machine: in time, without leftovers, and whatever a probe does."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from sidecar.hardware import bucket, detect, nvidia, nvml
from sidecar.hardware.bucket import Gpu, valid_bucket
from sidecar.hardware.machine import Commands, Machine
from sidecar.hardware.probe import PROBES, Probe, assemble, run_probes
from sidecar.hardware.reading import Finding

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the commands of these tests are shell scripts"
)

psutil = import_module("psutil")  # it has no types

HANG = "trap '' TERM INT HUP\nwhile :; do sleep 1000 & wait; done"
"""A driver's tool that never answers, ignores every polite signal, and has a child."""


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Install a shell script as a command before all others; gives the file its number is written to."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def install(name: str, body: str) -> Path:
        number = tmp_path / f"{name}.pid"
        script = folder / name
        script.write_text(f"#!/bin/sh\necho $$ > '{number}'\n{body}\n", encoding="utf-8")
        script.chmod(0o755)
        return number

    return install


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Lets a hanging probe go after the test."""
    event = threading.Event()
    yield event
    event.set()


def living(group: int) -> list[Any]:
    """The processes of a group that still run; a dead one may wait to be reaped by whoever inherited it."""
    if sys.platform == "win32":
        return []
    running = psutil.process_iter(["status"])
    found = []
    for process in running:
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def group_is_gone(number: Path) -> bool:
    """A killed process is gone within a moment, or it was not killed."""
    group = int(number.read_text(encoding="utf-8"))
    ends_at = time.monotonic() + 2
    while (left := living(group)) and time.monotonic() < ends_at:
        psutil.wait_procs(left, timeout=0.05)
    return not left


def commands(seconds: float) -> Commands:
    return Commands(time.monotonic() + seconds)


def look(*probes: Probe, root: Path, seconds: float) -> tuple[float, tuple[tuple[str, Finding | None], ...]]:
    started = time.monotonic()
    machine = Machine(root, "linux", commands(seconds))
    answers = run_probes(probes, machine, started + seconds)
    return time.monotonic() - started, answers


def test_this_machine_is_what_the_kernel_and_psutil_say_it_is() -> None:
    hardware = detect()
    assert hardware.memory_mib == psutil.virtual_memory().total // 2**20
    if sys.platform == "linux":
        label, kib, *_ = Path("/proc/meminfo").read_text(encoding="ascii").split()
        assert label == "MemTotal:"
        assert hardware.memory_mib == int(kib) // 1024
    assert hardware.installed_gib * 1024 >= hardware.memory_mib
    assert bucket(hardware) != "unknown"
    assert valid_bucket(bucket(hardware))


def test_a_command_that_sleeps_for_ever_and_ignores_sigterm_costs_no_more_than_the_deadline(
    on_path: Callable[[str, str], Path],
) -> None:
    number = on_path("nvidia-smi", HANG)
    started = time.monotonic()
    hardware = detect()
    assert time.monotonic() - started < 2.0
    assert bucket(hardware) != "unknown"
    assert "NVIDIA's command gave no answer that could be used." in hardware.why
    assert group_is_gone(number)


def test_a_hanging_command_leaves_the_step_after_it_its_turn(
    tmp_path: Path, on_path: Callable[[str, str], Path]
) -> None:
    on_path("nvidia-smi", HANG)
    file = tmp_path / "proc/driver/nvidia/gpus/0/information"
    file.parent.mkdir(parents=True)
    file.write_text("Model: \t\t NVIDIA L4\nGPU Excluded:\t No\n", encoding="utf-8")
    _, ((_, finding),) = look(Probe("NVIDIA", (), nvidia.read), root=tmp_path, seconds=1)
    assert finding is not None
    assert finding.gpus == (Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=True),)


def test_a_command_that_ends_but_leaves_a_child_with_its_output_is_killed_with_it(
    on_path: Callable[[str, str], Path],
) -> None:
    number = on_path("forks", "echo early\nsleep 1000 &\nexit 0")
    assert commands(0.5)(["forks"]) == ""
    assert group_is_gone(number)


def test_a_command_that_never_stops_printing_is_cut_off(on_path: Callable[[str, str], Path]) -> None:
    number = on_path("endless", "while :; do echo garbage garbage garbage; done")
    started = time.monotonic()
    assert commands(10)(["endless"]) == ""
    assert time.monotonic() - started < 5
    assert group_is_gone(number)


def test_what_a_command_prints_is_read_although_it_fails_for_one_part_may_be_broken(
    on_path: Callable[[str, str], Path],
) -> None:
    on_path("half", "echo 'NVIDIA L4, 23034'\necho broken >&2\nexit 15")
    assert commands(10)(["half"]) == "NVIDIA L4, 23034\n"


def test_a_command_that_is_not_installed_is_no_answer_of_any_kind() -> None:
    assert commands(10)(["no-such-command-here"]) is None


def test_a_command_that_cannot_be_started_told_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("not a program", encoding="utf-8")
    broken.chmod(0o755)
    assert commands(10)([str(broken)]) == ""


def test_no_command_is_started_after_the_deadline(on_path: Callable[[str, str], Path]) -> None:
    number = on_path("late", "echo late")
    assert commands(-1)(["late"]) == ""
    assert not number.exists()


def test_figures_come_in_the_plain_locale(
    on_path: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    on_path("locale-of", 'echo "$LC_ALL"')
    assert commands(10)(["locale-of"]) == "C\n"


def test_a_probe_that_raises_is_named_and_the_others_count(tmp_path: Path) -> None:
    def broken(machine: Machine) -> Finding:
        raise RuntimeError(machine.platform)

    memory = Probe("The probe for memory", (), lambda _: Finding(memory_mib=15872))
    _, answers = look(Probe("The probe for fun", (), broken), memory, root=tmp_path, seconds=5)
    hardware = assemble(answers)
    assert bucket(hardware) == "ram16-19_gpuFalse"
    assert "The probe for fun gave no answer that could be used." in hardware.why


def test_a_probe_that_hangs_is_named_and_the_others_count(tmp_path: Path, release: threading.Event) -> None:
    def hanging(machine: Machine) -> Finding:
        release.wait()
        return Finding(memory_mib=machine.total_bytes())

    memory = Probe("The probe for memory", (), lambda _: Finding(memory_mib=15872))
    took, answers = look(Probe("The probe for fun", (), hanging), memory, root=tmp_path, seconds=0.2)
    hardware = assemble(answers)
    assert took < 1
    assert bucket(hardware) == "ram16-19_gpuFalse"
    assert "The probe for fun gave no answer that could be used." in hardware.why


def test_a_probe_for_another_platform_is_not_run(tmp_path: Path) -> None:
    _, answers = look(Probe("Windows", ("win32",), lambda _: Finding(memory_mib=1)), root=tmp_path, seconds=5)
    assert answers == ()


def test_the_first_probe_that_names_a_vendors_parts_speaks_for_that_vendor() -> None:
    card = Gpu(vendor="nvidia", vram_mib=24564, unified=False, usable=True)
    same = Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=True)
    other = Gpu(vendor="amd", vram_mib=None, unified=True, usable=True)
    hardware = assemble([("one", Finding(gpus=(card, card))), ("two", Finding(gpus=(same, other)))])
    assert hardware.gpus == (card, card, other)


def test_each_probe_has_a_name_of_its_own() -> None:
    assert len({probe.name for probe in PROBES}) == len(PROBES)


def test_files_are_read_up_to_a_bound_and_never_raise(tmp_path: Path) -> None:
    machine = Machine(tmp_path, "linux", commands(0))
    (tmp_path / "large").write_bytes(b"\xff" * 1_000_000)
    assert machine.read("large") == "\N{REPLACEMENT CHARACTER}" * 65536
    assert machine.read("absent") is None
    assert machine.read("nul\x00byte") is None
    assert not machine.exists("nul\x00byte")
    assert machine.names("absent", "*") == ()


def test_looking_does_not_import_psutil_on_linux() -> None:
    code = """
        import sys
        from sidecar.hardware import detect
        assert "psutil" not in sys.modules
        detect()
        assert sys.platform != "linux" or "psutil" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, timeout=60)


FAKE_NVML = """
class NVMLError(Exception): pass
class NVMLError_NotSupported(NVMLError): pass
class NVMLError_NoPermission(NVMLError): pass
class Info: total = 24 * 1024**3
def nvmlInit(): pass
def nvmlShutdown(): pass
def nvmlDeviceGetCount(): return 3
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetMemoryInfo(handle):
    if handle == 1: raise NVMLError_NotSupported()
    if handle == 2: raise NVMLError_NoPermission()
    return Info
"""


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Install a module as `pynvml`, for this process to find and for its child to import."""

    def install(source: str) -> None:
        folder = tmp_path / "library"
        folder.mkdir()
        (folder / "pynvml.py").write_text(source, encoding="utf-8")
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return install


def test_nvidias_library_is_asked_first_and_never_enters_this_process(
    tmp_path: Path, library: Callable[[str], None], on_path: Callable[[str, str], Path]
) -> None:
    library(FAKE_NVML)
    smi = on_path("nvidia-smi", "echo 'NVIDIA L4, 1'")
    finding = nvidia.read(Machine(tmp_path, "linux", commands(30)))
    assert finding.gpus == (
        Gpu(vendor="nvidia", vram_mib=24576, unified=False, usable=True),
        Gpu(vendor="nvidia", vram_mib=None, unified=True, usable=True),
        Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=True),
    )
    assert "pynvml" not in sys.modules
    assert not smi.exists()


@pytest.mark.parametrize(
    "source",
    [
        FAKE_NVML.replace("def nvmlInit(): pass", "def nvmlInit(): raise NVMLError()"),
        "raise ImportError('no driver')",
        "import time\ntime.sleep(1000)",
        "print('garbage')",
    ],
    ids=["no driver", "broken", "hangs", "prints garbage"],
)
def test_a_library_that_does_not_answer_gives_way_to_the_command(
    tmp_path: Path, library: Callable[[str], None], on_path: Callable[[str, str], Path], source: str
) -> None:
    library(source)
    on_path("nvidia-smi", "echo 'NVIDIA L4, 23034'")
    finding = nvidia.read(Machine(tmp_path, "linux", commands(3)))
    assert [gpu.vram_mib for gpu in finding.gpus] == [23034]
    assert finding.why == ("NVIDIA's library gave no answer that could be used.",)


def test_the_library_is_shut_down_although_a_part_fails() -> None:
    class Library:
        NVMLError = type("NVMLError", (Exception,), {})
        NVMLError_NotSupported = type("NVMLError_NotSupported", (NVMLError,), {})
        is_open = False

        def nvmlInit(self) -> None:  # noqa: N802  the library's own name
            self.is_open = True

        def nvmlShutdown(self) -> None:  # noqa: N802  as above
            self.is_open = False

        def nvmlDeviceGetCount(self) -> int:  # noqa: N802  as above
            raise self.NVMLError

    library = Library()
    with pytest.raises(Library.NVMLError):
        nvml.lines(library)
    assert not library.is_open


def test_a_stopped_command_is_killed_too(on_path: Callable[[str, str], Path]) -> None:
    number = on_path("stopped", "kill -STOP $$")
    assert commands(0.3)(["stopped"]) == ""
    assert group_is_gone(number)
