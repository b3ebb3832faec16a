"""Read what runs, what is wrong with it, and what it wrote where it should not."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
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
    ReplicaFault,
    RunningReplica,
)
from golive.ship.replicas.ports import ProcessKeeper

SITE_RECORD = "site.json"
READINESS_S = 2.0
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


def faults(release: str, environment: str) -> list[ReplicaFault]:
    """Return crash loops, lost readiness and vanished replicas, as of now.

    Each living replica is asked once; one that does not answer well is asked again for 2 s before it counts.
    """
    found, living = [], []
    for state in processes(release, environment):
        fault = _process_fault(state)
        if fault is not None:
            found.append(fault)
        elif state.labels.get("port") and state.phase is Phase.RUNNING:
            living.append(state)
    if living:
        with ThreadPoolExecutor(len(living)) as pool:
            found.extend(fault for fault in pool.map(_readiness_fault, living) if fault is not None)
    return found


def tail(process_id: str, lines: int = 30) -> str:
    """Return the end of a process's output; empty when it has said nothing."""
    try:
        with (settings().logs / process_id / OUTPUT).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - LOG_END))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


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
    return sorted(path for path, mark in now.items() if record["files"].get(path) != mark)


def snapshot(app: Path) -> dict[str, list[int]]:
    """Return size and modification time (ns) of the files below `app`; links are not followed."""
    found = {}
    for root, folders, files in os.walk(app):
        folders[:] = [name for name in folders if name not in UNREMARKABLE]
        for name in files:
            facts = Path(root, name).lstat()
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


def _readiness_fault(state: ProcessState) -> ReplicaFault | None:
    answer = the(ProcessKeeper).wait_ready(
        state.id,
        port=int(state.labels["port"]),
        path=state.labels.get("ready") or None,
        limit_s=READINESS_S,
    )
    if answer.ready:
        return None
    return ReplicaFault(FaultKind.READINESS_LOST, state.id, clock.now(), answer.reason)
