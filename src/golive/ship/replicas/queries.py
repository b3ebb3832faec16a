"""Read what runs, what is wrong with it, and what it wrote where it should not."""

import json
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.ports import the
from golive.ship.replicas.domain import (
    FaultKind,
    Phase,
    ProcessState,
    Readiness,
    ReplicaFault,
    RunningReplica,
)
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services import queries as services

SITE_RECORD = "site.json"
DATABASE = "database"
READINESS_S = 2.0
PROMPT_S = 0.5
FRESH_S = 15.0
# Written by interpreters and tools as a matter of course; nobody misses them.
UNREMARKABLE = {"__pycache__", ".cache", ".pytest_cache", "tmp"}
LOG_END = 32_768
OUTPUT = "out.log"


def processes(release: str, environment: str) -> list[ProcessState]:
    """Return what is known of all processes of a release at a place, workers included."""
    wanted = {"release": release, "environment": environment}
    return [state for state in the(ProcessKeeper).list() if wanted.items() <= dict(state.labels).items()]


def running(release: str, environment: str) -> list[RunningReplica]:
    """Return the web replicas that were booted and not stopped, by id."""
    return [
        RunningReplica(state.id, "127.0.0.1", int(state.labels["port"]), state.labels["process"])
        for state in processes(release, environment)
        if state.labels.get("port") and state.phase not in {Phase.STOPPED, Phase.STOPPING}
    ]


def releases_at(service: str, environment: str) -> list[str]:
    """Return the ids of the releases that have living processes at a place."""
    found = {
        state.labels["release"]
        for state in the(ProcessKeeper).list()
        if state.alive
        and state.phase not in {Phase.STOPPED}
        and (state.labels.get("service"), state.labels.get("environment")) == (service, environment)
    }
    return sorted(found)


def kept(service: str) -> list[ProcessState]:
    """Return what is known of all processes of a service, at every place and of every release, in one look."""
    return [state for state in the(ProcessKeeper).list() if state.labels.get("service") == service]


def faults(release: str, environment: str, *, at_once: bool = False) -> list[ReplicaFault]:
    """Return crash loops, lost readiness, lost databases and vanished replicas, as of now.

    Each living replica is asked once; one that does not answer well is asked again for 2 s before it counts. Its
    database counts when every answer in that time has said so (mission: SHIP-5), by golive-app's `database` check. `at_once`:
    who takes long is not waited for, what it answers is told by a later call.
    """
    found, living = [], []
    for state in processes(release, environment):
        fault = _process_fault(state)
        if fault is not None:
            found.append(fault)
        elif state.labels.get("port") and state.phase is Phase.RUNNING:
            living.append(state)
    answers = _asking.ask(living, wait_s=PROMPT_S if at_once else None)
    for state, answer in zip(living, answers, strict=True):
        if answer is not None and not answer.ready:
            kind = FaultKind.DATABASE_CONNECTION if DATABASE in answer.down else FaultKind.READINESS_LOST
            found.append(ReplicaFault(kind, state.id, clock.now(), answer.reason))
    return found


def tail(process_id: str, service: str, lines: int = 30) -> str:
    """Return the end of what a process of a service wrote, without secrets; empty when it has said nothing."""
    try:
        with (settings().logs / process_id / OUTPUT).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - LOG_END))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(services.redaction(service)(text).splitlines()[-lines:])


def site_folder(release: str, environment: str) -> Path:
    """Return where the working tree of a release at a place is kept."""
    return settings().run / "sites" / f"{release}-{environment}"


def site_record(release: str, environment: str) -> dict[str, Any] | None:
    """Return what is known of a finished working tree, None when there is none."""
    try:
        found: dict[str, Any] = json.loads((site_folder(release, environment) / SITE_RECORD).read_text())
    except (OSError, ValueError):
        return None
    return found


def sites(service: str, environment: str) -> list[Path]:
    """Return the finished working trees of a service at a place."""
    found = []
    for record in (settings().run / "sites").glob(f"*/{SITE_RECORD}"):
        with suppress(OSError, ValueError):  # one that is being removed now
            facts = json.loads(record.read_text())
            if (facts.get("service"), facts.get("environment")) == (service, environment):
                found.append(record.parent)
    return found


def digests_in_use() -> set[str]:
    """Return the digests of the artifacts that working trees on this machine need."""
    found = set()
    for record in (settings().run / "sites").glob(f"*/{SITE_RECORD}"):
        with suppress(OSError, ValueError):  # one that is being removed now
            found.add(str(json.loads(record.read_text())["digest"]))
    return found


def stray_writes(release: str, environment: str) -> list[str]:
    """Return files that the app wrote into its release outside the kept paths: they are lost with it."""
    record = site_record(release, environment)
    if record is None:
        return []
    now = snapshot(site_folder(release, environment) / "app")
    kept = {*record["links"]}  # one that was replaced by another is taken home
    return sorted(path for path, mark in now.items() if record["files"].get(path) != mark and path not in kept)


def snapshot(app: Path) -> dict[str, list[int]]:
    """Return size and modification time (ns) of the files below `app`; links are not followed."""
    found = {}
    for root, folders, files in os.walk(app):
        folders[:] = [name for name in folders if name not in UNREMARKABLE]
        for name in files:
            try:
                facts = Path(root, name).lstat()
            except FileNotFoundError:  # an app that runs comes and goes with its files
                continue
            found[os.path.relpath(os.path.join(root, name), app)] = [
                facts.st_size,
                facts.st_mtime_ns,
            ]
    return found


def _process_fault(state: ProcessState) -> ReplicaFault | None:
    since = datetime.fromtimestamp(state.since, UTC)
    if state.crash_looping:
        detail = f"crashed {state.crashes_in_a_row} times in a row ({state.last_end})"
        return ReplicaFault(FaultKind.CRASH_LOOP, state.id, since, detail)
    if not state.alive and state.phase is not Phase.STOPPED:
        return ReplicaFault(FaultKind.GONE, state.id, since, state.reason or "its keeper is gone")
    return None


class _Asking:
    """Asks replicas whether they are ready, each one at a time, and keeps what it said last while it is asked anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, int | None], Future[Readiness]] = {}
        self._said: dict[tuple[str, int | None], tuple[float, Readiness]] = {}

    def ask(self, states: Sequence[ProcessState], *, wait_s: float | None) -> list[Readiness | None]:
        """Return what each says within `wait_s`, or else has said lately."""
        asked = [self._begin(state) for state in states]
        wait(asked, timeout=wait_s)
        with self._lock:
            oldest = time.monotonic() - FRESH_S
            self._said = {run: said for run, said in self._said.items() if said[0] >= oldest}
            return [self._answer(state, future) for state, future in zip(states, asked, strict=True)]

    def _answer(self, state: ProcessState, future: Future[Readiness]) -> Readiness | None:
        if future.done():
            return future.result()
        said = self._said.get((state.id, state.pid))
        return said[1] if said else None

    def _begin(self, state: ProcessState) -> Future[Readiness]:
        run = (state.id, state.pid)
        with self._lock:
            if run in self._open:
                return self._open[run]
            future = self._open[run] = Future()
        threading.Thread(target=self._wait, args=(the(ProcessKeeper), state, future), daemon=True).start()
        return future

    def _wait(self, keeper: ProcessKeeper, state: ProcessState, future: Future[Readiness]) -> None:
        run = (state.id, state.pid)
        try:
            answer = keeper.wait_ready(
                state.id,
                port=int(state.labels["port"]),
                path=state.labels.get("ready") or None,
                limit_s=READINESS_S,
            )
        except Exception as error:  # noqa: BLE001  it is raised again where somebody waits for the answer
            with self._lock:
                del self._open[run]
            future.set_exception(error)
            return
        with self._lock:
            self._said[run] = time.monotonic(), answer
            del self._open[run]
        future.set_result(answer)


_asking = _Asking()
