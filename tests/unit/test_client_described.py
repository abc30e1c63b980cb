"""A described machine becomes the bucket that the daemon would find."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.client import LocalModelFeedbackSystem, create_hardware_bucket
from sidecar.hardware.bucket import valid_bucket

GIB = 1024**3


@pytest.mark.parametrize(
    ("described", "bucket"),
    [
        ({"ram_gb": 16, "has_gpu": True}, "ram16-19_gpuTrue"),
        ({"ram_gb": 15.5, "has_gpu": False}, "ram16-19_gpuFalse"),
        ({"total_ram_gb": 31.2, "gpu": "NVIDIA GeForce RTX 3060"}, "ram32-35_gpuTrue"),
        ({"memory_gb": 5.7}, "ram8-11_gpuFalse"),
        ({"RAM": "16 GB", "GPU": "none"}, "ram16-19_gpuFalse"),
        ({"ram": "64GiB", "gpus": []}, "ram64-95_gpuFalse"),
        ({"memory": 125, "gpus": ["Radeon"]}, "ram128+_gpuTrue"),
        ({"ram_mb": 15_900, "gpu_count": 0}, "ram16-19_gpuFalse"),
        ({"memory_bytes": 36 * GIB, "mps_available": True}, "ram36-39_gpuTrue"),
        ({"total": 15.5 * GIB}, "ram16-19_gpuFalse"),
        ({"system-memory-gib": "18", "metal": "yes"}, "ram16-19_gpuTrue"),
        ({"Installed RAM": 24, "vram_gb": 8}, "ram24-27_gpuTrue"),
        ({"ram_gb": 12, "vram_gb": 0}, "ram12-15_gpuFalse"),
        ({"ram_gb": 12, "gpu": {"name": "none", "vram_gb": 0}}, "ram12-15_gpuFalse"),
        ({"ram_gb": 12, "gpu": {"name": "Arc A770"}}, "ram12-15_gpuTrue"),
        ({"ram_gb": 16, "available_ram_gb": 40, "gpu": None}, "ram16-19_gpuFalse"),
        ({"gpu": True}, "unknown"),
        ({"ram_gb": True}, "unknown"),
        ({"ram_gb": -4}, "unknown"),
        ({"ram_gb": float("nan")}, "unknown"),
        ({"ram_gb": float("inf")}, "unknown"),
        ({"ram_gb": 10**400}, "unknown"),
        ({"ram_gb": "a lot"}, "unknown"),
        ({"vram_gb": 24}, "unknown"),
        ({}, "unknown"),
        (None, "unknown"),
    ],
)
def test_description_becomes_the_bucket(described: dict[str, Any] | None, bucket: str) -> None:
    assert create_hardware_bucket(described) == bucket
    assert LocalModelFeedbackSystem.create_hardware_bucket(described) == bucket


words = st.sampled_from(["ram_gb", "ram", "memory_mb", "total", "gpu", "gpus", "vram_gb"]) | st.text(
    max_size=12
)
values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.lists(st.integers())
)


@given(st.dictionaries(words, values, max_size=6))
def test_any_description_gives_a_bucket_there_is(described: dict[str, Any]) -> None:
    assert valid_bucket(create_hardware_bucket(described))
