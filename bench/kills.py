"""kill -9 of each part at each state of a release, under load: what users see, how it ends, what was done twice.

    python -m bench.kills [--rounds 1] [--states STEP ...] [--victims engine ...] [--json FILE]

Users send GET and POST all the while. At PULLED, CONFIRMING and RESUMED the release is a bad one, that fails everybody, and
its incident and pages are counted too. A row holds when no GET failed while the edge lived, the edge was back within a
second (not asked of `tree`, whose edge a person starts again), the release came to a lawful end by itself, and nothing
runs or was recorded twice. A migration that was cut off asks a person, as it must; the bench answers "again".
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

from bench.load import Answer
from bench.machine import banner, machine
from bench.stand import ENDED, Stand, end_cleanly, kill, processes
from demo.receivers import Received, webhook
from golive.cli.client import Client, NotReachable
from golive.ship.releases.domain.states import MAIN, State
from golive.ship.replicas.domain import Phase, ProcessState
from tools.lab import Lab, until

STATES = tuple(str(state) for state in MAIN[: MAIN.index(State.WATCH_10M) + 1] if state is not State.AWAITING_APPROVAL)
VICTIMS = ("engine", "store", "control", "edge", "replica keeper", "engine keeper", "tree")
AFTER_A_PULL = ("PULLED", "CONFIRMING", "RESUMED")
LAWFUL = frozenset(ENDED)
ON_CALL = "ada@example.com"
# A pause in each stage, so that there is a moment to kill in.
PAUSES = """
[build]
commands = ["sleep 0.3"]
[[gates]]
name = "unit"
command = "sleep 0.3"
[database]
migrate = "sleep 0.3"
[environments.staging]
verify = ["sleep 0.3"]
"""
LOOK = 0.01  # seconds between looks at the state


@dataclass
class Shot:
    """One kill and what came of it. Seconds; `hit` is the state in which it happened."""

    state: str
    victim: str
    hit: str = ""
    end: str = ""
    asked: str = ""
    requests: int = 0
    failed: int = 0
    failed_gets: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    failing: list[float] = field(default_factory=list)
    silent_s: float = 0.0
    back_s: float | None = None
    to_end_s: float = 0.0
    twice: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        edge_died = self.victim in {"edge", "tree"}
        calm = edge_died or self.state in AFTER_A_PULL or not self.failed_gets
        served = self.silent_s < 1.0 if self.victim == "edge" else calm
        return served and self.end in LAWFUL and not self.twice and self.back_s is not None


@dataclass
class Range:
    """A service under load whose releases are shot at, and the receiver of its pages."""

    stand: Stand
    received: Received
    shots: int = 0

    @property
    def lab(self) -> Lab:
        return self.stand.lab

    def shoot(self, state: str, victim: str) -> Shot:
        """Ship a release, kill `victim` when it enters `state`, wait for the end and count."""
        self.shots += 1
        shot = Shot(state, victim)
        with self.stand.users(rate=40, timeout_s=10) as users:
            until(lambda: len(users.answers) >= 20, 30)
            bad = state in AFTER_A_PULL
            release = self.stand.deploy(f"v{self.shots + 1}", **({"fail": 1} if bad else {}))
            shot.hit = _reach(self.lab.client(), release, state)
            aims = self._aims(victim, release)
            shot_at, mark = time.time(), len(users.answers)
            for pid in [pid for aim in aims for pid in _pids(aim, victim)]:
                kill(pid)
            began = time.monotonic()
            shot.back_s = self._back(victim, aims, began)
            shot.end, shot.asked = self._end(release)
            shot.to_end_s = round(time.monotonic() - began, 1)
            until(lambda: len(users.answers) > mark + 40, 60)
        self._count(shot, users.answers, shot_at)
        shot.twice = [*twice_running(self.lab), *self._twice_recorded(release), *self._twice_told(release)]
        return shot

    def _aims(self, victim: str, release: str) -> list[ProcessState]:
        known = [state for state in processes(self.lab) if state.alive]
        if victim == "tree":
            return known
        if victim == "replica keeper":
            # The canary's once it runs, else one of the release that serves.
            mine = [one for one in known if one.labels.get("environment") == "production"]
            new = [one for one in mine if one.labels.get("release") == release]
            serving = self.stand.site()["serving_id"]
            return (new or [one for one in mine if one.labels.get("release") == serving])[:1]
        name = f"golive-{victim.removesuffix(' keeper')}"
        return [one for one in known if one.id == name]

    def _back(self, victim: str, aims: Sequence[ProcessState], began: float) -> float | None:
        if victim == "tree":
            kill(_supervisor(self.lab))
            self.lab.up()
        old = {one.id: one.pid for one in aims}

        def all_run() -> bool:
            # A process that is forgotten was stopped because its release has left.
            now = {one.id: one for one in processes(self.lab)}
            return all(
                name not in now or (now[name].phase is Phase.RUNNING and now[name].pid != pid)
                for name, pid in old.items()
                if victim != "tree" or name.startswith("golive-")
            )

        try:
            until(all_run, 60)
        except TimeoutError:
            return None
        return round(time.monotonic() - began, 2)

    def _end(self, release: str, limit_s: float = 300) -> tuple[str, str]:
        client, asked = self.lab.client(), ""

        def look() -> dict[str, Any] | None:
            nonlocal asked
            found = _ask(client, release)
            if found and found["state"] == "ASKED" and found["question"].startswith("step"):
                asked = found["question"]
                _say(client, release, "again")
                return None
            return found if found and found["state"] in LAWFUL else None

        try:
            return str(until(look, limit_s)["state"]), asked
        except TimeoutError:
            stuck = client.get("/releases", service=self.stand.name, limit=3)
            told = [f"{one['version']} {one['state']}: {one['waits_for'] or one['sentence']}" for one in stuck]
            return f"stuck; {'; '.join(told)}", asked

    def _count(self, shot: Shot, answers: list[Answer], since: float) -> None:
        failed = [answer for answer in answers if answer.failed]
        shot.requests, shot.failed = len(answers), len(failed)
        shot.failed_gets = sum(answer.method == "GET" for answer in failed)
        shot.statuses = dict(Counter(f"{answer.status or 'none'}" for answer in failed))
        when = [answer.at - since for answer in failed]
        shot.failing = [round(min(when), 1), round(max(when), 1)] if when else []
        good = sorted(a.at + a.ms / 1000 for a in answers if not a.failed and a.at >= since - 1)
        if failed and len(good) > 1:
            shot.silent_s = round(max(b - a for a, b in pairwise(good)), 2)

    def _twice_recorded(self, release: str) -> list[str]:
        """Return the arrows that were taken, and the shares that the edge was brought to, more than once."""
        found = self.lab.client().get(f"/releases/{release}/record")
        if not found["holds"]:
            return [f"the record breaks at {found['broken_at']}"]
        entries = found["entries"]
        again = any(one["kind"] in {"RESUMED", "ASKED", "PULLED"} for one in entries)
        taken: Counter[str] = Counter()
        for one in entries:
            facts = one["facts"]
            if one["kind"] == "split":
                taken[f"split to {facts['share']}"] += 1
            elif one["kind"] in State.__members__:
                taken[f"{one['kind']} {facts.get('step', '')}".strip()] += 1
        return [] if again else [f"{name} x{n}" for name, n in taken.items() if n > 1]

    def _twice_told(self, release: str) -> list[str]:
        """Return what people were told more than once about the release."""
        client = self.lab.client()
        incidents = [one for one in client.get("/incidents") if one["release"] == release]
        told: Counter[str] = Counter(f"incident of {one['release']}" for one in incidents)
        for incident in incidents:
            for page in client.get(f"/incidents/{incident['id']}/pages"):
                told[f"{page['act']} to {page['person']} by {page['channel_name']}, round {page['round']}"] += 1
        keys = Counter(str(body.get("id")) for _, body in list(self.received.calls))
        told.update({f"page {key} at its receiver": n for key, n in keys.items()})
        return [f"{name} x{n}" for name, n in told.items() if n > 1]


def twice_running(lab: Lab) -> list[str]:
    """Return the replicas and parts of which more than one process runs."""
    seen: Counter[str] = Counter()
    realm = _realm(lab)
    for process in psutil.process_iter():
        try:
            env = process.environ()
        except psutil.Error:
            continue
        # The tag is <home>:<process>:<keeper>; children of one process share it.
        home, _, rest = env.get("GOLIVE_INSTANCE", "").partition(":")
        name = rest.partition(":")[0]
        if name and home == realm and _leads(process):
            seen[name] += 1
    return [f"{name} runs x{n}" for name, n in seen.items() if n > 1]


def _leads(process: psutil.Process) -> bool:
    """Say whether it is what a keeper started, not a child of that."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and os.getsid(process.pid) == process.pid
    except (psutil.Error, ProcessLookupError):
        return False


def _realm(lab: Lab) -> str:
    """Return the name by which the keepers of this home mark their processes."""
    states = (lab.home / "run" / "keepers").glob("golive-*.state.json")
    return str(json.loads(next(states).read_text())["tag"].partition(":")[0])


def _pids(aim: ProcessState, victim: str) -> Iterable[int | None]:
    if victim == "tree":
        return (aim.keeper_pid, aim.pid)
    return (aim.keeper_pid,) if victim.endswith("keeper") else (aim.pid,)


def _supervisor(lab: Lab) -> int | None:
    text = (lab.home / "run" / "supervisor.lock").read_text()
    return int(json.loads(text)["pid"]) if text else None


def _reach(client: Client, release: str, state: str) -> str:
    """Wait until the release is in `state` or past it; returns where it is."""
    way = (*AFTER_A_PULL, *ENDED) if state in AFTER_A_PULL else (*STATES, *AFTER_A_PULL, *ENDED)
    wanted = way[way.index(state) :]
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = str(client.get(f"/releases/{release}")["state"])
        if found in wanted:
            return found
        time.sleep(LOOK)
    raise TimeoutError(f"{release} never came to {state}")


def _ask(client: Client, release: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = client.get(f"/releases/{release}")
    except NotReachable:
        return None
    return found


def _say(client: Client, release: str, verb: str) -> None:
    try:
        client.post(f"/releases/{release}/{verb}")
    except NotReachable:
        return


@contextmanager
def open_range(directory: Path) -> Iterator[Range]:
    """Run a golive with one service that serves, somebody on call and a receiver of pages."""
    received = Received()
    hook = webhook(received)
    hook.start()
    lab = Lab(directory, allow_private_webhooks="true")
    try:
        lab.up()
        admin = lab.client()
        admin.post("/people", {"email": ON_CALL, "name": "Ada Quist", "role": "operator"})
        settings = {"url": f"{hook.url}/golive", "secret": "of the bench"}
        admin.post("/channels", {"name": "hook", "kind": "webhook", "settings": settings})
        contacts = [{"channel": "hook", "address": ""}]
        admin.call("PUT", f"/oncall/contacts/{ON_CALL}", json=contacts)
        admin.call("PUT", "/oncall", json={"level1": [ON_CALL]})
        yield Range(Stand(lab, "target", extra=PAUSES).open(), received)
    finally:
        lab.down()
        lab.erase()
        hook.stop()


def line(shot: Shot) -> str:
    """Return a shot as a row of the table."""
    told = f"  asked about {shot.asked}" if shot.asked else ""
    seen = f"  {shot.statuses} from {shot.failing[0]} to {shot.failing[1]} s" if shot.failing else ""
    silent = f"  nobody served for {shot.silent_s} s" if shot.silent_s else ""
    return (
        f"{shot.state:11} {shot.victim:15} hit in {shot.hit:11} -> {shot.end:22} failed {shot.failed}/{shot.requests} "
        f"(GET {shot.failed_gets})  back {shot.back_s} s  end after {shot.to_end_s} s  {'held' if shot.held else 'MISSED'}"
        f"{seen}{silent}{told}{'  TWICE: ' + ', '.join(shot.twice) if shot.twice else ''}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--states", nargs="*", default=(*STATES, *AFTER_A_PULL), choices=(*STATES, *AFTER_A_PULL))
    parser.add_argument("--victims", nargs="*", default=VICTIMS, choices=VICTIMS)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    end_cleanly()
    print(banner(f"kill -9 at {len(arguments.states)} states x {len(arguments.victims)} victims"))
    shots: list[Shot] = []
    with (
        tempfile.TemporaryDirectory(prefix="golive-kills-", ignore_cleanup_errors=True) as scratch,
        open_range(Path(scratch) / "lab") as target,
    ):
        for _ in range(arguments.rounds):
            for state in arguments.states:
                for victim in arguments.victims:
                    shots.append(target.shoot(state, victim))
                    print(line(shots[-1]), flush=True)
    print(f"{sum(shot.held for shot in shots)} of {len(shots)} held; {_worst(shots)}")
    if arguments.json:
        rows = [asdict(shot) | {"held": shot.held} for shot in shots]
        arguments.json.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1))
    return 0 if all(shot.held for shot in shots) else 1


def _worst(shots: Sequence[Shot]) -> str:
    edge = [shot.silent_s for shot in shots if shot.victim == "edge"]
    others = sum(shot.failed_gets for shot in shots if shot.victim not in {"edge", "tree"})
    return f"edge back after at most {max(edge, default=0.0)} s; GETs failed while it lived: {others}"


if __name__ == "__main__":
    sys.exit(main())
