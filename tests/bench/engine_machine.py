"""The machine and the versions that figures belong to."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path

LIBRARIES = ("numpy", "pyarrow", "pysam")
METHOD = (
    "- Each command is pinned to one core and writes plain text to a file, unless the row says otherwise.",
    "- Seconds are those of the whole process, start included: medians of runs that take turns. Spread is the slowest",
    "  less the fastest run, as part of the median.",
    "- Peak MB (1,000,000 bytes) is what was resident at most, mapped files included; of a pipe, the sum over it.",
    "- CPU s is what the processes computed; where it is well below the seconds, others had the core too.",
    "- Ratio is the tool's seconds divided by ours on the same input, from this run.",
)


def describe(peers: Sequence[str]) -> list[str]:
    """Return sentences about processor, memory, load, and versions."""
    load = os.getloadavg()[0]
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES)
    cores = len(os.sched_getaffinity(0))
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    return [
        f"- Machine: {cores} cores, {_processor()}, {_memory():.0f} GB of memory, {kernel}; load {load:.1f} before.",
        f"- Ours: Python {platform.python_version()}, {libraries}.",
        f"- Peers: {', '.join(peers)}.",
        *METHOD,
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
