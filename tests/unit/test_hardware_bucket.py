"""Rules of the ladder and of the bucket's bounds."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sidecar.hardware import Gpu, Hardware, bucket
from sidecar.hardware.bucket import BUCKETS, LADDER_GIB, RARE_GIB, Environment, installed_gib, valid_bucket

CARD = Gpu(vendor="nvidia", vram_mib=24564, unified=False, usable=True)
SCREEN = Gpu(vendor="other", vram_mib=None, unified=False, usable=False)

sizes = st.integers(min_value=1, max_value=8 * 1024 * 1024)


def machine(
    memory_mib: int, *gpus: Gpu, limit_mib: int | None = None, around: Environment = "bare"
) -> Hardware:
    return Hardware(
        memory_mib=memory_mib,
        installed_gib=installed_gib(memory_mib),
        limit_mib=limit_mib,
        gpus=gpus,
        environment=around,
        why=(),
    )


def mib(gib: float) -> int:
    return int(gib * 1024)


@pytest.mark.parametrize(
    ("reported_gib", "expected"),
    [
        (0.5, "ram0-3"),
        (1.9, "ram0-3"),
        (3.8, "ram4-7"),
        (5.0, "ram8-11"),
        (5.7, "ram8-11"),
        (5.8, "ram4-7"),
        (6.0, "ram4-7"),
        (7.6, "ram8-11"),
        (11.6, "ram12-15"),
        (15.5, "ram16-19"),
        (17.6, "ram16-19"),
        (18.0, "ram16-19"),
        (23.4, "ram24-27"),
        (31.2, "ram32-35"),
        (36.0, "ram36-39"),
        (47.0, "ram48-51"),
        (62.7, "ram64-95"),
        (64.0, "ram64-95"),
        (94.2, "ram96-127"),
        (125.6, "ram128+"),
        (503.6, "ram128+"),
    ],
)
def test_reported_memory_stands_for_the_next_size_that_is_sold(reported_gib: float, expected: str) -> None:
    assert bucket(machine(mib(reported_gib))) == f"{expected}_gpuFalse"


def test_six_installed_must_nearly_be_reported_for_most_machines_below_have_eight() -> None:
    assert [installed_gib(mib(gib)) for gib in (4.1, 5.7, 5.8, 6.0, 6.1)] == [8, 8, 6, 6, 8]


def test_a_figure_just_above_a_size_takes_the_next_one_for_a_system_never_reports_more_than_is_there() -> (
    None
):
    assert bucket(machine(mib(12.0))) == "ram12-15_gpuFalse"
    assert bucket(machine(mib(12.05))) == "ram16-19_gpuFalse"


def test_beyond_the_ladder_sizes_go_up_by_32_gib() -> None:
    assert [installed_gib(mib(gib)) for gib in (128.5, 188.6, 251.6, 1007.4)] == [160, 192, 256, 1024]


@pytest.mark.parametrize(
    ("limit_gib", "expected"),
    [
        (0.25, "ram0-3"),
        (7.9, "ram4-7"),
        (8, "ram8-11"),
        (15.5, "ram12-15"),
        (28, "ram28-31"),
        (60, "ram60-63"),
    ],
)
def test_a_limit_below_the_memory_counts_as_it_is_and_is_not_rounded_up(
    limit_gib: float, expected: str
) -> None:
    assert bucket(machine(mib(125), limit_mib=mib(limit_gib))) == f"{expected}_gpuFalse"


def test_a_limit_that_does_not_bind_changes_nothing() -> None:
    assert bucket(machine(mib(15.5), limit_mib=mib(15.5))) == "ram16-19_gpuFalse"
    assert bucket(machine(mib(15.5), limit_mib=mib(64))) == "ram16-19_gpuFalse"


def test_one_usable_graphics_processor_is_enough_and_an_unusable_one_is_none() -> None:
    assert bucket(machine(mib(16), SCREEN)) == "ram16-19_gpuFalse"
    assert bucket(machine(mib(16), SCREEN, CARD)) == "ram16-19_gpuTrue"


def test_memory_that_could_not_be_read_makes_the_bucket_unknown() -> None:
    assert bucket(machine(0, CARD)) == "unknown"


@given(sizes, st.none() | sizes, st.sampled_from([(), (CARD,), (SCREEN,)]))
def test_every_machine_falls_into_a_documented_bucket(
    memory_mib: int, limit_mib: int | None, gpus: tuple[Gpu, ...]
) -> None:
    found = bucket(machine(memory_mib, *gpus, limit_mib=limit_mib))
    assert found in BUCKETS
    assert valid_bucket(found)


@given(sizes, sizes)
def test_more_memory_never_stands_for_less_but_for_the_rare_six(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assume(installed_gib(high) != RARE_GIB)
    assert installed_gib(low) <= installed_gib(high)


@given(sizes)
def test_what_is_installed_is_never_less_than_what_is_reported(memory_mib: int) -> None:
    assert installed_gib(memory_mib) * 1024 >= memory_mib


@pytest.mark.parametrize("size", LADDER_GIB)
def test_a_system_that_reports_all_of_its_memory_keeps_its_size(size: int) -> None:
    assert installed_gib(mib(size)) == size


def test_there_are_38_buckets() -> None:
    assert len(BUCKETS) == 38


@pytest.mark.parametrize(
    "text",
    [
        "unknown",
        "ram0-3_gpuFalse",
        "ram16-19_gpuTrue",
        "ram60-63_gpuTrue",
        "ram64-95_gpuFalse",
        "ram128+_gpuTrue",
    ],
)
def test_a_bucket_can_be_configured(text: str) -> None:
    assert valid_bucket(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ram16",
        "ram16-19",
        "ram16-19_gputrue",
        "ram17-20_gpuTrue",
        "ram64-67_gpuTrue",
        "ram128_gpuTrue",
        "ram16-19_gpuTrue ",
    ],
)
def test_what_is_no_bucket_cannot_be_configured(text: str) -> None:
    assert not valid_bucket(text)


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert valid_bucket(text) == (text == "unknown" or text in BUCKETS)
