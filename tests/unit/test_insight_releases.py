"""Releases: the order of version names."""

import random

from sidecar.insight.releases import in_order

ORDERED = ["nightly", "0.9", "1.0-rc2", "1.0-rc10", "1.0", "1.0+b1", "1.9", "v1.10", "2026.1"]


def test_versions_stand_by_their_numbers_whatever_order_they_come_in() -> None:
    for seed in range(20):
        mixed = random.Random(seed).sample(ORDERED, len(ORDERED))
        assert in_order(mixed) == ORDERED
