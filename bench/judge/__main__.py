"""The judge alone: `python -m bench.judge [--quick] [--runs N] [--aa N] [--seed N] [--jobs N] [--only NAME]`.

A/A releases over 0.2..100 requests/s, every trap, trouble that both releases share, bad releases by traffic; each
world beside a fixed threshold and Mann-Whitney, and at the end the aims. The same seed gives the same table.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path

from bench.judge import worlds
from bench.judge.row import Row, one
from bench.judge.world import World

GROUPS = {"traps": worlds.traps, "shared": worlds.shared, "bad": worlds.bad}
COLUMNS = {
    "world": 19,
    "truth": 6,
    "n": 5,
    "pulled %": 8,
    "rolled back %": 13,
    "ask %": 5,
    "held %": 6,
    "pull s p50/p90": 14,
    "verdict after pull s": 20,
    "failed units before pull": 24,
    "threshold %": 11,
    "mann-whitney %": 14,
    "rivals n": 8,
}


def plan(runs: int, aa: int, groups: list[str], only: str) -> list[tuple[str, list[tuple[World, int]]]]:
    """Groups of worlds with the number of runs of each."""
    out = []
    if "aa" in groups:
        out.append(("A/A", [(w, max(1, aa * share // 100)) for w, share in worlds.plain()]))
    out += [(name, [(w, runs) for w in make()]) for name, make in GROUPS.items() if name in groups]
    return [(name, [x for x in selected if only in x[0].name]) for name, selected in out]


def quantiles(values: list[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    return f"{statistics.median(ordered):.0f}/{ordered[min(int(0.9 * len(ordered)), len(ordered) - 1)]:.0f}"


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
        "failed units before pull": quantiles([float(r.bad_before_pull) for r in rows if r.pulled is not None]),
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
    options.add_argument("--seed", type=int, default=1000, help="seed of each world's first run")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    given = options.parse_args()
    runs, aa = (20, 100) if given.quick else (given.runs, given.aa)
    os.nice(10)
    started = time.perf_counter()
    found: dict[str, list[Row]] = {}
    table: list[dict[str, object]] = []
    print(line(dict(zip(COLUMNS, COLUMNS, strict=True))), flush=True)
    with get_context("forkserver").Pool(given.jobs) as pool:  # as Python 3.14 has it, whatever the Python
        for group, selected in plan(runs, aa, given.groups, given.only):
            everything: list[Row] = []
            for world, n in selected:
                todo = [(world, given.seed + s, s < min(given.compare, n)) for s in range(n)]
                rows = [row for _, row in pool.imap_unordered(one, todo, chunksize=2)]
                found[world.name] = rows
                everything += rows
                table.append(summary(world.name, world.truth, rows))
                print(line(table[-1]), flush=True)
            if len(selected) > 1:
                table.append(summary(f"all {group}", "", everything))
                print(line(table[-1]), flush=True)
    took = time.perf_counter() - started
    print("\n" + aims(found))
    rows = [row for runs_of in found.values() for row in runs_of]
    print(
        f"\n{len(rows)} simulated releases, {sum(r.requests for r in rows) / 1e6:.1f} million requests, seeds from "
        f"{given.seed}, {given.jobs} jobs, {took:.0f} s on {machine()}"
    )
    if given.json:
        raw = {name: [asdict(r) for r in rows] for name, rows in found.items()}
        given.json.write_text(json.dumps({"machine": machine(), "table": table, "runs": raw}))


def aims(found: dict[str, list[Row]]) -> str:
    """What the judge is meant to reach, and what these runs say about it."""
    good = {w.name for w in worlds.traps()} & found.keys()
    shared = {w.name for w in worlds.shared()} & found.keys()
    bad = {w.name for w in worlds.bad()} & found.keys()
    plain = [w.name for w, _ in worlds.plain() if w.name in found]
    fast = {f"bad{p}_{rps}" for p in (20, 100) for rps in (2, 20, 100)} & found.keys()
    lines = [
        _aim("A/A rolled back", "<= 1 %", _rolled_back(found, plain)),
        *(_aim(f"{name} rolled back", "<= 2 %", _rolled_back(found, [name])) for name in sorted(good)),
        _aim("shared trouble rolled back", "0", _rolled_back(found, shared)),
        _aim("20 and 100 % failing at >= 2/s caught", ">= 98 %", _rolled_back(found, fast)),
        _aim("all bad releases caught", ">= 95 %", _rolled_back(found, bad)),
    ]
    before = [float(r.bad_before_pull) for n in fast for r in found[n] if r.pulled is not None]
    if before:
        lines.append(f"failed units before the pull there, median (aim <= 5): {statistics.median(before):.0f}")
    return "\n".join(line for line in lines if line)


def _rolled_back(found: dict[str, list[Row]], names: Iterable[str]) -> tuple[int, int]:
    rows = [row for name in names for row in found[name]]
    return sum(r.end == "ROLLBACK" for r in rows), len(rows)


def _aim(what: str, aim: str, counts: tuple[int, int]) -> str:
    k, n = counts
    return f"{what} (aim {aim}): {k} of {n}, {percent(k, n)} %" if n else ""


def machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def line(row: dict[str, object]) -> str:
    return "  ".join(str(row[c]).ljust(w) for c, w in COLUMNS.items()).rstrip()


if __name__ == "__main__":
    main()
