"""What golive itself costs: time to ready, resident memory, CPU when idle, and disk.

    python -m bench.footprint [--seconds 60] [--json FILE]

Memory is the proportional set size (PSS) where the kernel tells it, so that shared pages count once.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.machine import banner, machine
from tools.lab import Lab

ROOT = Path(__file__).parent.parent


def tree(home: Path) -> list[psutil.Process]:
    """Return golive's own processes of this home."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("GOLIVE_HOME") == str(home) or str(home) in " ".join(process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != psutil.Process().pid]


def memory(process: psutil.Process) -> int:
    full = process.memory_full_info()
    return int(getattr(full, "pss", 0) or full.rss)


def cpu_seconds(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def name_of(process: psutil.Process) -> str:
    line = process.cmdline()
    if any("keeper.py" in part for part in line):
        return "keepers"
    return next((part.rsplit(".", 1)[-1] for part in line if part.startswith("golive.")), Path(line[0]).name)


def by_name(processes: list[psutil.Process], figure: Callable[[psutil.Process], float]) -> dict[str, float]:
    """Return the sum of a figure for each kind of process."""
    parts: dict[str, float] = {}
    for process in processes:
        parts[name_of(process)] = parts.get(name_of(process), 0) + figure(process)
    return parts


def told(parts: dict[str, float], scale: float, digits: int) -> str:
    return ", ".join(f"{k} {v * scale:.{digits}f}" for k, v in sorted(parts.items(), key=lambda i: -i[1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(banner("footprint"))
    with tempfile.TemporaryDirectory(prefix="golive-footprint-") as scratch:
        lab = Lab(Path(scratch) / "lab")
        ready = lab.up()["seconds"]
        lab.down()
        again = lab.up()["seconds"]
        try:
            time.sleep(20)
            processes = tree(lab.home)
            parts = by_name(processes, memory)
            began, spent = time.monotonic(), by_name(processes, cpu_seconds)
            time.sleep(arguments.seconds)
            seconds, later = time.monotonic() - began, by_name(processes, cpu_seconds)
            cpu = {name: (later[name] - spent[name]) / seconds for name in later}
        finally:
            lab.down()
    disk = sum(path.stat().st_size for path in (ROOT / ".venv").rglob("*") if path.is_file() and not path.is_symlink())
    print(f"  first up to ready {ready:.1f} s, later {again:.1f} s")
    print(f"  memory {sum(parts.values()) / 2**20:.0f} MiB (aim < 700): {told(parts, 2**-20, 0)}")
    total = 100 * sum(cpu.values())
    print(f"  CPU idle {total:.2f} % of a core over {arguments.seconds:.0f} s (aim < 3): {told(cpu, 100, 2)}")
    print(f"  installed {disk / 2**30:.2f} GiB with all development tools")
    if arguments.json:
        figures = {
            "ready_s": ready,
            "ready_again_s": again,
            "memory": parts,
            "cpu": cpu,
            "disk": disk,
        }
        arguments.json.write_text(json.dumps({"machine": machine(), **figures}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
