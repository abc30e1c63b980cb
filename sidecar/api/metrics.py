"""Figures of the running daemon, as Prometheus text.

Job: count requests and records, and print them with the process's own figures in the text format 0.0.4.
Must not: carry a word that a caller sent as a label; every label is from a closed list.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Counters(Struct):
    """What happened since the start."""

    answers: Counter[int] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    start: float = 0.0


class Family(Struct, frozen=True):
    """One metric: its samples are (label value or None, number)."""

    name: str
    kind: str
    help: str
    samples: Iterable[tuple[str | None, float]]
    label: str = ""


def render(families: Iterable[Family]) -> str:
    """The exposition text; label values come from closed lists, so nothing in them needs escaping."""
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        for value, number in family.samples:
            label = f'{{{family.label}="{value}"}}' if value is not None else ""
            lines.append(f"{family.name}{label} {number:.15g}")
    return "\n".join(lines) + "\n"


def process_families(start: float) -> list[Family]:
    """Memory, processor time and open files of this process, under the names that Prometheus clients use.

    Args:
        start: when the daemon started, seconds since the epoch.
    """
    import psutil  # noqa: PLC0415  # a daemon that nobody watches does without

    process = psutil.Process()
    with process.oneshot():
        times, memory = process.cpu_times(), process.memory_info()
        if sys.platform == "win32":
            files = process.num_handles()
        else:
            files = process.num_fds()
    return [
        Family("process_start_time_seconds", "gauge", "When the daemon started.", [(None, start)]),
        Family(
            "process_cpu_seconds_total",
            "counter",
            "Processor time used.",
            [(None, times.user + times.system)],
        ),
        Family("process_resident_memory_bytes", "gauge", "Memory in use.", [(None, memory.rss)]),
        Family("process_open_fds", "gauge", "Open files and sockets.", [(None, files)]),
    ]


def labelled(counts: Mapping[str, int] | Mapping[int, int]) -> list[tuple[str | None, float]]:
    """Samples of a counter with one label, in a steady order."""
    return [(str(label), n) for label, n in sorted(counts.items())]
