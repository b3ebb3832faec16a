"""Bad releases through the real edge: time to the pull, failed units, verdict; a row per kind of fault and traffic.

    python -m bench.bad_releases [--runs 10] [--beds 5] [--only NAME or NAME@RATE ...] [--json FILE]

Each bed is a service of its own in one golive; the runs of a row happen on all beds side by side, as often as needed.
`failed` counts what users saw, as the load saw it; `units` what the judge counted before the pull. Where nothing fails
(slow answers), the time to the pull counts from the first user on the release.
"""

import argparse
import contextlib
import json
import statistics
import sys
import threading
import zlib
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.load import Answer
from bench.machine import banner, machine
from bench.stand import ENDED, Stand, Users, end_cleanly, kill
from tools.lab import Lab, scratch_lab

PATHS = ["/", "/products", "/search", "/stalls"]
UNDECIDED = ("STEP", "FULL", "PULLED", "CONFIRMING", "RESUMED", "HELD", "ASKED")
MIX = [
    (8.0, "GET", lambda c: c.choice(PATHS)),
    (3.0, "GET", lambda c: f"/product/{c.randrange(500)}"),
    (2.0, "POST", lambda _c: "/checkout"),
]


@dataclass(frozen=True)
class Case:
    """A fault, the traffic it meets and the first step; `aim` is what must hold."""

    name: str
    rate: float
    share: int
    behaviour: dict[str, Any]
    aim: str
    pull_s: float | None = None  # median seconds from the first bad answer to the (first) pull
    units: int | None = None  # median failed units before the pull
    failed_gets: int | None = None
    rolled_back: bool = False
    limit_s: float = 330.0


CASES = (
    Case("all fail", 1, 50, {"fail": 1}, "pull <= 10 s, <= 6 failed units", 10, 6),
    Case("20 % fail", 20, 10, {"fail": 0.2}, "pull <= 10 s, <= 6 failed units", 10, 6),
    Case("crash at start", 20, 10, {"crash": True}, "0 failed GETs", failed_gets=0),
    Case("hang", 20, 10, {"hang": True, "after_s": 4}, "0 failed GETs", failed_gets=0),
    Case("canary killed -9", 20, 10, {"ms": 2.1}, "0 failed GETs", failed_gets=0),
    Case("slow x3", 20, 10, {"slow": 3, "ms": 60}, "pull <= 30 s", 30),
    Case("POST only", 20, 10, {"fail": 0.5, "method": "POST"}, "rolled back", rolled_back=True),
    Case("all fail", 20, 10, {"fail": 1}, ""),
    Case("all fail", 0.2, 50, {"fail": 1}, "or not knowable"),
    Case("20 % fail", 2, 50, {"fail": 0.2}, ""),
    Case("5 % fail", 20, 10, {"fail": 0.05}, ""),
)


@dataclass
class Run:
    """One bad release of one service, as it went."""

    state: str = ""
    pull_s: float | None = None
    verdict_s: float | None = None
    units: int | None = None
    failed: int = 0
    failed_gets: int = 0
    sentence: str = ""


def run(stand: Stand, users: Users, case: Case, tag: str) -> Run:
    """Ship the fault, wait for its end, and return what happened."""
    began = len(users.answers)
    release = stand.deploy(tag, **({"ms": 20} | case.behaviour))
    if case.name == "canary killed -9":
        stand.wait(release, "STEP")
        for replica in stand.replicas(release):
            kill(replica.pid)
    try:
        found = stand.wait(release, *ENDED, seconds=case.limit_s)
    except TimeoutError:
        found = stand.lab.release(release)
    seen = _result(stand.lab, found, users.since(began))
    _clear(stand, release)
    return seen


def _clear(stand: Stand, release: str) -> None:
    """Let nothing of this release stand in the way of the next."""
    if stand.lab.release(release)["state"] in UNDECIDED:
        stand.lab.client().post(f"/services/{stand.name}/rollback", {})
        stand.wait(release, "ROLLED_BACK", seconds=60)


def _result(lab: Lab, found: dict[str, Any], answers: list[Answer]) -> Run:
    entries = lab.client().get(f"/releases/{found['id']}/record")["entries"]
    pulled: dict[str, Any] = next((e["facts"] for e in entries if e["kind"] == "PULLED"), {})
    moments = {e["kind"]: datetime.fromisoformat(e["at"]) for e in reversed(entries)}
    undone: dict[str, Any] = next((e["facts"] for e in entries if e["kind"] == "ROLLED_BACK"), {})
    failed = [answer for answer in answers if answer.failed]
    return Run(
        state=found["state"],
        pull_s=pulled.get("seconds_to_pull") or _seconds_between(moments, "STEP", "PULLED"),
        verdict_s=undone.get("seconds_to_verdict"),
        units=pulled.get("failed_units"),
        failed=len(failed),
        failed_gets=sum(answer.method == "GET" for answer in failed),
        sentence=found["sentence"],
    )


def _seconds_between(moments: dict[str, datetime], start: str, end: str) -> float | None:
    if start not in moments or end not in moments:
        return None
    return (moments[end] - moments[start]).total_seconds()


def prepare(lab: Lab, index: int, share: int) -> Stand:
    """Make and ship the good version of one service."""
    steps = f'steps = [{{ share = {share}, at_least = "60s", at_most = "240s" }}]\nhold_back = 0\nreplicas = 2'
    return Stand(lab, f"bad{index}-{share}", production=steps).open(ms=20)


def bench(case: Case, beds: list[Stand], tag: str) -> list[Run]:
    """Run one case on every bed at the same time, after a minute of ordinary traffic."""
    runs: list[Run | None] = [None] * len(beds)
    with contextlib.ExitStack() as until_the_end:
        users = [until_the_end.enter_context(visitors(bed, case.rate, tag)) for bed in beds]
        threading.Event().wait(60 if case.rate >= 1 else 120)

        def one(index: int) -> None:
            runs[index] = run(beds[index], users[index], case, tag)

        threads = [threading.Thread(target=one, args=(index,)) for index in range(len(beds))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [run for run in runs if run is not None]


def visitors(bed: Stand, rate: float, tag: str) -> Users:
    seed = zlib.crc32(f"{tag} {bed.name}".encode())
    return bed.users(rate=rate, clients=max(60, int(rate * 3)), mix=MIX, seed=seed)


def median(values: list[Any]) -> float | None:
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 1) if known else None


def row(case: Case, runs: list[Run]) -> dict[str, Any]:
    """Return the figures of one case, and whether its aim held."""
    figures: dict[str, Any] = {
        "case": case.name,
        "rate": case.rate,
        "share": case.share,
        "n": len(runs),
        "aim": case.aim,
        "ended": dict(Counter(run.state for run in runs)),
        "pulled": sum(run.pull_s is not None for run in runs),
        "pull_s": median([run.pull_s for run in runs]),
        "verdict_s": median([run.verdict_s for run in runs]),
        "units": median([run.units for run in runs]),
        "failed": median([run.failed for run in runs]),
        "failed_gets": max((run.failed_gets for run in runs), default=0),
        "runs": [asdict(run) for run in runs],
    }
    checks = []
    if case.pull_s is not None:
        checks.append(figures["pull_s"] is not None and figures["pull_s"] <= case.pull_s)
    if case.units is not None:
        checks.append(figures["units"] is not None and figures["units"] <= case.units)
    if case.failed_gets is not None:
        checks.append(figures["failed_gets"] <= case.failed_gets)
    if case.rolled_back:
        checks.append(all(run.state == "ROLLED_BACK" for run in runs))
    figures["held"] = all(checks) if checks else None
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--beds", type=int, default=5, help="runs side by side")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    cases = [c for c in CASES if not arguments.only or {c.name, f"{c.name}@{c.rate:g}"} & set(arguments.only)]
    if not cases:
        parser.error(
            f"no case is named {' '.join(arguments.only)}; there are {', '.join(f'{c.name}@{c.rate:g}' for c in CASES)}"
        )
    end_cleanly()
    print(banner("bad releases through the real edge"))
    rows = []
    with scratch_lab("golive-bad-") as lab:
        beds = {
            share: [prepare(lab, i, share) for i in range(min(arguments.beds, arguments.runs))]
            for share in sorted({case.share for case in cases}, reverse=True)
        }
        for number, case in enumerate(cases):
            runs: list[Run] = []
            while len(runs) < arguments.runs and (
                more := bench(case, beds[case.share][: arguments.runs - len(runs)], f"v{number}-{len(runs)}")
            ):
                runs += more
            figures = row(case, runs)
            rows.append(figures)
            print(
                f"{case.name:17} {case.rate:>5} req/s {case.share:>3} %  n {figures['n']:>2}  pulled {figures['pulled']:>2}  "
                f"pull {figures['pull_s']} s  units {figures['units']}  verdict {figures['verdict_s']} s  "
                f"user failures {figures['failed']} (GET max {figures['failed_gets']})  {figures['ended']}  "
                f"{'' if figures['held'] is None else 'held' if figures['held'] else 'MISSED'} {case.aim}",
                flush=True,
            )
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
