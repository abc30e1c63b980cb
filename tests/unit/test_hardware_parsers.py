"""Rules of the pure parsers; whatever a machine prints, none of them raises."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.hardware import apple, drm, environment, memory, nvidia, windows
from sidecar.hardware.bucket import Gpu
from sidecar.hardware.reading import whole_number

SHARED = Gpu(vendor="nvidia", vram_mib=None, unified=True, usable=True)
UNTOLD = Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=True)

PARSERS: tuple[Callable[[str], object], ...] = (
    whole_number,
    nvidia.parse_smi,
    nvidia.parse_information,
    drm.parse_driver,
    apple.parse_memsize,
    apple.parse_displays,
    windows.parse_adapters,
    windows.parse_registry,
    memory.parse_meminfo,
    memory.parse_limit,
    memory.parse_cgroup,
    environment.parse_osrelease,
    environment.parse_cgroup,
    environment.parse_mountinfo,
    environment.parse_marker,
)

PIECES = st.sampled_from(
    [
        *(
            ",",
            ":",
            "::",
            "0::/",
            "memory:/",
            "..",
            "/",
            "\n",
            "\r\n",
            "\x00",
            "[N/A]",
            "NVIDIA",
            "24576",
            "9" * 30,
        ),
        *("0x", "ff", "MemTotal:", "kB", "{", "}", "[", "]", '"SPDisplaysDataType"', '"sppci_model"', "null"),
        *(
            '"PNPDeviceID"',
            "1e999",
            "HKEY_X",
            "    a    REG_BINARY    0",
            "    a    REG_QWORD    0x",
            "Model:",
        ),
        *("DRIVER=", "overlay", " - ", "PCI\\VEN_10DE&DEV_", "\u0661\u0662"),
    ]
)
ANYTHING = st.text() | st.text(st.characters()) | st.lists(PIECES).map("".join)


@given(st.sampled_from(PARSERS), ANYTHING)
def test_no_text_makes_a_parser_raise(parse: Callable[[str], object], text: str) -> None:
    parse(text)


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: f"{parse.__module__}.{parse.__name__}")
@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 100_000, '{"a":' * 50_000, "\ud800", "\x00"])
def test_deep_long_and_broken_text_makes_no_parser_raise(parse: Callable[[str], object], text: str) -> None:
    parse(text)


@given(
    st.integers(min_value=1, max_value=10**7),
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1),
)
def test_a_line_of_name_and_memory_is_a_part_whatever_its_name(memory_mib: int, name: str) -> None:
    (gpu,) = nvidia.parse_smi(f"{name}, {memory_mib}\n")
    assert gpu == Gpu(vendor="nvidia", vram_mib=memory_mib, unified=False, usable=True)


@pytest.mark.parametrize("word", ["[N/A]", "N/A", "[Not Supported]", "Not Supported", "0"])
def test_a_part_without_memory_of_its_own_shares_the_systems(word: str) -> None:
    assert nvidia.parse_smi(f"NVIDIA GB10, {word}") == (SHARED,)


@pytest.mark.parametrize("word", ["[Insufficient Permissions]", "[Unknown Error]", "[GPU requires reset]"])
def test_a_part_that_refuses_to_tell_its_memory_is_still_a_part(word: str) -> None:
    assert nvidia.parse_smi(f"NVIDIA A100-SXM4-80GB, {word}") == (UNTOLD,)


@pytest.mark.parametrize(
    "message",
    [
        "No devices were found",
        "Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 580.126",
        'Field "memory.total" is not a valid field to query.',
        "Unable to determine the device handle for GPU0: 0000:01:00.0: Unknown Error",
        "bash: nvidia-smi: command not found, sorry",
        ", 24576",
    ],
)
def test_a_message_is_no_part(message: str) -> None:
    assert nvidia.parse_smi(message) == ()


def test_a_part_that_the_driver_leaves_out_is_not_usable() -> None:
    text = "Model: \t\t NVIDIA L4\nIRQ:   \t\t 16\nGPU Excluded:\t Yes\n"
    assert nvidia.parse_information(text) == Gpu(vendor="nvidia", vram_mib=None, unified=False, usable=False)


def test_limits_are_read_from_this_group_and_all_above_but_never_from_outside_the_mount() -> None:
    assert memory.parse_cgroup("0::/../../user.slice/x.scope\n") == (
        "sys/fs/cgroup/memory.max",
        "sys/fs/cgroup/user.slice/memory.max",
        "sys/fs/cgroup/user.slice/x.scope/memory.max",
    )


def test_only_the_memory_controller_of_version_1_is_looked_at() -> None:
    assert memory.parse_cgroup("9:cpu,cpuacct:/a\n4:hugetlb,memory:/a\n1:name=systemd:/a\n") == (
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "sys/fs/cgroup/memory/a/memory.limit_in_bytes",
    )


@pytest.mark.parametrize("text", ["max\n", "9223372036854771712\n", "", "-1\n", "garbage"])
def test_no_limit_is_no_limit_in_every_spelling(text: str) -> None:
    assert memory.parse_limit(text) is None


def test_a_limit_is_read_in_mib() -> None:
    assert memory.parse_limit("8589934592\n") == 8192


@pytest.mark.parametrize(
    "group",
    [
        "0::/system.slice/docker-898b44c4a066.scope",
        "4:memory:/docker/5e2b1c",
        "0::/kubepods.slice/kubepods-burstable.slice/x",
        "13:cpuset:/kubepods-burstable-pod1.slice:cri-containerd:6ef14b5a",
        "0::/machine.slice/libpod-12ab.scope/container",
        "0::/lxc.payload.web/init.scope",
    ],
)
def test_an_engines_group_is_a_container(group: str) -> None:
    assert environment.parse_cgroup(group)


@pytest.mark.parametrize(
    "group",
    [
        "0::/system.slice/docker.service",
        "0::/system.slice/containerd.service",
        "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
    ],
)
def test_the_engine_itself_is_no_container(group: str) -> None:
    assert not environment.parse_cgroup(group)


def test_an_overlay_as_root_is_a_container_only_when_it_comes_from_an_engines_store() -> None:
    live = "29 1 0:28 / / rw,relatime - overlay overlay rw,lowerdir=/run/live/rootfs,upperdir=/run/live/upper"
    pod = "29 1 0:28 / / rw - overlay overlay rw,lowerdir=/var/lib/containers/storage/overlay/l/ABC"
    elsewhere = pod.replace(" / / rw", " / /mnt rw")
    assert [environment.parse_mountinfo(text) for text in (live, pod, elsewhere)] == [False, True, False]


def test_systemds_note_names_a_container_but_not_wsl() -> None:
    assert [environment.parse_marker(text) for text in ("docker\n", "lxc\n")] == [True, True]
    assert [environment.parse_marker(text) for text in ("wsl\n", "")] == [False, False]


def test_the_registrys_binary_numbers_are_stored_lowest_byte_first() -> None:
    text = "HKEY_LOCAL_MACHINE\\X\\0000\n    Memory.qwMemorySize    REG_BINARY    0000000003000000\n"
    (value,) = windows.parse_registry(text).values()
    assert whole_number(value) == 12 * 1024**3


def test_only_entries_of_the_expected_form_are_read_from_the_system_profile() -> None:
    assert apple.parse_displays('{"SPDisplaysDataType": "text"}') == ()
    assert apple.parse_displays('{"SPDisplaysDataType": [{"sppci_model": 7}]}') == ()
    assert apple.parse_displays("{}") == ()


@pytest.mark.parametrize("model", ["Apple M1", "Apple M4 Max", "Apple A18 Pro"])
def test_apple_silicon_is_known_by_its_name(model: str) -> None:
    (gpu,) = apple.parse_displays(f'{{"SPDisplaysDataType": [{{"sppci_model": "{model}"}}]}}')
    assert gpu == apple.SHARES_MEMORY


@pytest.mark.parametrize("device", [0x64A0, 0x7D51, 0x7D55, 0xB080, 0xB087])
def test_an_arc_within_the_processor_shares_the_systems_memory(device: int) -> None:
    gpu = Gpu(vendor="intel", vram_mib=None, unified=True, usable=True)
    assert drm.judge(drm.Card("intel", device=device)) == gpu
    assert windows.judge((0x8086, device), 128) == gpu


@pytest.mark.parametrize("device", [0x0BD5, 0x4F80, 0x56A0, 0x56C0, 0xE20B, 0xE223])
def test_an_arc_card_counts_although_its_memory_is_not_told(device: int) -> None:
    gpu = Gpu(vendor="intel", vram_mib=None, unified=False, usable=True)
    assert drm.judge(drm.Card("intel", device=device)) == gpu
    assert windows.judge((0x8086, device), 0) == gpu


def amdgpu(own_bytes: int, gtt_bytes: int, **signs: str | bool) -> Gpu:
    known = {"vendor": "amd", "own_bytes": own_bytes, "gtt_bytes": gtt_bytes}
    return drm.judge(msgspec.convert({**known, **signs}, drm.Card))


@pytest.mark.parametrize(
    "gpu",
    [
        amdgpu(2**34, 2**35, has_memory_clock=True),
        amdgpu(2**34, 2**35, maker="samsung"),
        amdgpu(2**34, 2**33),
    ],
    ids=["sensor", "maker", "sizes"],
)
def test_a_card_of_amds_has_its_own_memory_however_much_more_it_may_map(gpu: Gpu) -> None:
    assert gpu == Gpu(vendor="amd", vram_mib=16384, unified=False, usable=True)


@pytest.mark.parametrize(
    "gpu", [amdgpu(2**37, 2**33, has_north_bridge=True), amdgpu(2**29, 2**33)], ids=["sensor", "sizes"]
)
def test_a_processor_part_of_amds_shares_memory_however_much_is_set_aside(gpu: Gpu) -> None:
    assert gpu == Gpu(vendor="amd", vram_mib=None, unified=True, usable=True)


def test_an_intel_part_with_memory_of_its_own_counts_although_its_number_is_not_known() -> None:
    assert drm.judge(drm.Card("intel", device=0xFFFF, driver="xe", own_bytes=2**34)).usable
    assert not drm.judge(drm.Card("intel", device=0xFFFF, driver="xe")).usable
