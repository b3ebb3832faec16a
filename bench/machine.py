"""The line that says on what machine a figure was taken."""

import os
import platform
from pathlib import Path


def machine() -> dict[str, object]:
    """Return processor, cores, memory, load and Python of this machine."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or platform.machine(),
    )
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_gib": round(pages * size / 2**30, 1),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def banner(title: str) -> str:
    """Return a heading for a benchmark's output."""
    here = machine()
    return (
        f"{title}\n  {here['cpu']}, {here['cores']} cores, {here['memory_gib']} GiB, "
        f"load {here['load']}, Python {here['python']}"
    )
