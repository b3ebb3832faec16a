"""The judge alone: `python -m bench.judge [--quick] [--runs N] [--json FILE] [--only NAME]`.

A/A releases over 0.2..100 requests/s, every trap, bad releases by traffic; beside a fixed threshold and Mann-Whitney.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections import Counter
from dataclasses import asdict, dataclass
from multiprocessing import Pool
from pathlib import Path

from bench.judge import worlds
from bench.judge.rivals import fixed_threshold, mann_whitney
from bench.judge.simulate import Run
from bench.judge.world import World


@dataclass(frozen=True)
class Row:
    end: str
    pulled: float | None
    after_pull: float | None
    bad_before_pull: int
    path: str
    reason: str
    rivals: tuple[bool, bool] | None


def one(job: tuple[World, int, bool]) -> tuple[str, Row]:
    world, seed, compare = job
    out = Run(world, seed).run()
    rivals = None
    if compare:
        passive = Run(world, seed, passive=True).run()
        rivals = (fixed_threshold(passive) is not None, mann_whitney(passive) is not None)
    row = Row(
        out.end, out.pulled, out.after_pull, out.bad_before_pull, out.path, out.reason, rivals
    )
    return world.name, row


GROUPS = {"traps": worlds.traps, "shared": worlds.shared, "bad": worlds.bad}


def jobs(
    runs: int, aa: int, compare: int, groups: list[str], only: str
) -> list[tuple[World, int, bool]]:
    todo = [(w, max(1, aa * share // 100)) for w, share in worlds.plain()] if "aa" in groups else []
    todo += [(w, runs) for name, make in GROUPS.items() if name in groups for w in make()]
    return [(w, 1000 + s, s < compare) for w, n in todo if only in w.name for s in range(n)]


def quantiles(values: list[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f}/{ordered[int(0.9 * (len(ordered) - 1))]:.0f}"


def percent(part: int, n: int) -> str:
    return f"{100 * part / n:.1f}" if n else "-"


def summary(name: str, truth: str, rows: list[Row]) -> dict[str, object]:
    n, ends = len(rows), Counter(r.end for r in rows)
    rivals = [r.rivals for r in rows if r.rivals]
    return {
        "world": name,
        "truth": truth,
        "n": n,
        "pulled %": percent(sum("P" in r.path for r in rows), n),
        "rolled back %": percent(ends["ROLLBACK"], n),
        "ask %": percent(ends["ASK"], n),
        "held %": percent(sum("H" in r.path for r in rows), n),
        "pull s p50/p90": quantiles([r.pulled for r in rows if r.pulled is not None]),
        "verdict after pull s": quantiles(
            [r.after_pull for r in rows if r.end == "ROLLBACK" and r.after_pull is not None]
        ),
        "failed before pull": quantiles(
            [float(r.bad_before_pull) for r in rows if r.pulled is not None]
        ),
        "threshold %": percent(sum(a for a, _ in rivals), len(rivals)),
        "mann-whitney %": percent(sum(b for _, b in rivals), len(rivals)),
        "rivals n": len(rivals),
        "reasons": dict(Counter(r.reason for r in rows if r.reason)),
    }


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench.judge", description=__doc__)
    options.add_argument("--quick", action="store_true", help="20 runs a world, 100 A/A releases")
    options.add_argument("--runs", type=int, default=200, help="runs of each trap and bad world")
    options.add_argument("--aa", type=int, default=2000, help="A/A releases in all")
    options.add_argument("--compare", type=int, default=20, help="runs a world for the rivals")
    options.add_argument("--groups", nargs="+", default=["aa", *GROUPS], help="aa traps shared bad")
    options.add_argument("--only", default="", help="worlds whose name contains this")
    options.add_argument("--json", type=Path, help="write the figures to this file")
    given = options.parse_args()
    runs, aa = (20, 100) if given.quick else (given.runs, given.aa)
    os.nice(10)
    started = time.perf_counter()
    todo = jobs(runs, aa, min(given.compare, runs), given.groups, given.only)
    todo.sort(key=lambda j: -j[0].rps * j[0].horizon)
    found: dict[str, list[Row]] = {}
    with Pool(2) as pool:
        for name, row in pool.imap_unordered(one, todo, chunksize=4):
            found.setdefault(name, []).append(row)
    order = [w for w, _ in worlds.plain()] + [*worlds.traps(), *worlds.shared(), *worlds.bad()]
    table = [summary(w.name, w.truth, found[w.name]) for w in order if w.name in found]
    groups = {
        "all A/A": [r for w, _ in worlds.plain() for r in found.get(w.name, [])],
        "all traps": [r for w in worlds.traps() for r in found.get(w.name, [])],
        "all shared": [r for w in worlds.shared() for r in found.get(w.name, [])],
        "all bad": [r for w in worlds.bad() for r in found.get(w.name, [])],
    }
    table += [summary(name, "", rows) for name, rows in groups.items() if rows]
    report(table, time.perf_counter() - started, sum(map(len, found.values())))
    if given.json:
        raw = {name: [asdict(r) for r in rows] for name, rows in found.items()}
        given.json.write_text(json.dumps({"machine": machine(), "table": table, "runs": raw}))


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def report(table: list[dict[str, object]], seconds: float, runs: int) -> None:
    columns = [c for c in table[0] if c != "reasons"]
    rows = [columns, *[[str(r[c]) for c in columns] for r in table]]
    widths = [max(len(r[i]) for r in rows) for i in range(len(columns))]
    for r in rows:
        print("  ".join(x.ljust(w) for x, w in zip(r, widths, strict=True)).rstrip())
    print(f"\n{runs} simulated releases in {seconds:.0f} s on {machine()}")


if __name__ == "__main__":
    main()
