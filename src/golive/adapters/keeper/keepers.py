"""Starts keepers that outlive their starter, and finds them again by pid and start time."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from golive.adapters.files import exclusive, read_file
from golive.adapters.keeper import loopback_ports, readiness
from golive.adapters.keeper.proc import boot_id, instance_tags, same_process
from golive.kernel.files import replace_file
from golive.ship.replicas.domain import (
    PROCESS_ID,
    Phase,
    ProcessSpec,
    ProcessState,
    Readiness,
)
from golive.ship.replicas.ports import CannotStart, NoSuchProcess

_SCRIPT = Path(__file__).with_name("keeper.py")
_POLL_S = 0.01
_START_LIMIT_S = 15.0
_KILL_LIMIT_S = 5.0


class Keepers:
    """`ProcessKeeper` on this machine. `run` holds specs and states (0600), `logs` one directory per process."""

    def __init__(self, run: Path, logs: Path) -> None:
        self._run = run.resolve()
        self._logs = logs.resolve()
        self._home = self._run / "keepers"
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Several golives may share a machine: each knows its own processes by this name.
        self._realm = hashlib.sha256(str(self._run).encode()).hexdigest()[:12]

    def start(self, spec: ProcessSpec) -> ProcessState:
        with self._locked(spec.id):
            return self._start(spec)

    def ensure(self, spec: ProcessSpec) -> ProcessState:
        with self._locked(spec.id):
            with suppress(NoSuchProcess):
                found = self.state(spec.id)
                if self._facts(spec.id)["digest"] == _digest(spec) and _settled(found, spec):
                    return found
            return self._start(spec)

    def stop(self, process_id: str, *, grace_s: float | None = None) -> ProcessState:
        with self._locked(process_id):
            return self._stop(process_id, grace_s)

    def state(self, process_id: str) -> ProcessState:
        return self._read(self._facts(process_id))

    def list(self) -> tuple[ProcessState, ...]:
        ids = sorted(path.name.removesuffix(".state.json") for path in self._home.glob("[!.]*.state.json"))
        found = []
        for process_id in ids:
            with suppress(NoSuchProcess):
                found.append(self.state(process_id))
        return tuple(found)

    def adopt(self) -> tuple[ProcessState, ...]:
        self.kill_strays()
        return tuple(state for state in self.list() if state.alive)

    def forget(self, process_id: str) -> None:
        with self._locked(process_id):
            with suppress(NoSuchProcess):
                self._stop(process_id, None)
            self._end_unknown(process_id)
            for kind in ("spec.json", "state.json", "err", "held", "lock"):
                self._path(process_id, kind).unlink(missing_ok=True)

    def kill_strays(self) -> int:
        return self._kill(lambda tag: not _keeper_lives(tag))

    def free_port(self) -> int:
        return loopback_ports.free_port(self._run)

    def wait_ready(
        self,
        process_id: str,
        *,
        port: int,
        path: str | None,
        limit_s: float,
        host: str = "localhost",
    ) -> Readiness:
        return readiness.wait_ready(lambda: self.state(process_id), port=port, path=path, host=host, limit_s=limit_s)

    def _start(self, spec: ProcessSpec) -> ProcessState:
        with suppress(NoSuchProcess):
            self._stop(spec.id, None)
        self._end_unknown(spec.id)
        logs = self._logs / spec.id
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        order = {
            **_plain(spec),
            "realm": self._realm,
            "digest": _digest(spec),
            "boot": boot_id(),
            "state_file": str(self._path(spec.id, "state.json")),
            "lock_file": str(self._path(spec.id, "held")),
            "log_dir": str(logs),
        }
        spec_file = self._path(spec.id, "spec.json")
        replace_file(spec_file, json.dumps(order).encode())
        self._launch(spec.id, spec_file)
        return self.state(spec.id)

    def _launch(self, process_id: str, spec_file: Path) -> None:
        command = [sys.executable, "-I", "-S", str(_SCRIPT), str(spec_file)]
        errors = self._path(process_id, "err")
        replace_file(errors, b"")
        with errors.open("wb") as stream:
            try:
                done = subprocess.run(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=stream,
                    env={},
                    cwd="/",
                    timeout=_START_LIMIT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise CannotStart(f"{process_id}: its keeper did not come up within {_START_LIMIT_S:g} s") from error
        if done.returncode:
            words = errors.read_text(errors="replace").strip().splitlines()
            raise CannotStart(f"{process_id}: {words[-1] if words else 'the keeper ended'}")

    def _stop(self, process_id: str, grace_s: float | None) -> ProcessState:
        facts = self._facts(process_id)
        state = self._read(facts)
        if state.alive and state.keeper_pid is not None:
            self._end_keeper(state.keeper_pid, state.keeper_start, self._grace(process_id, grace_s))
        prefix = f"{self._realm}:{process_id}:"
        self._kill(lambda tag: tag.startswith(prefix))
        return self.state(process_id)

    def _end_unknown(self, process_id: str) -> None:
        """A keeper whose state file was lost still holds its lock, and its name is in there."""
        holder = (read_file(self._path(process_id, "held")) or b"").decode(errors="replace")
        pid, _, started = holder.partition("-")
        if _keeper_lives(holder):
            self._end_keeper(int(pid), int(started), self._grace(process_id, None))

    def _end_keeper(self, pid: int, started: int | None, grace_s: float) -> None:
        for number, limit_s in (
            (signal.SIGTERM, grace_s),
            (signal.SIGINT, _KILL_LIMIT_S),
            (signal.SIGKILL, _KILL_LIMIT_S),
        ):
            with suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = time.monotonic() + limit_s
            while time.monotonic() < deadline:
                if not same_process(pid, started):
                    return
                time.sleep(_POLL_S)

    def _grace(self, process_id: str, grace_s: float | None) -> float:
        if grace_s is not None:
            return grace_s
        order = json.loads(read_file(self._path(process_id, "spec.json")) or b"{}")
        # The keeper itself ends the process at its grace; this is only the time to see that.
        return float(order.get("grace_s", 10.0)) + 2.0

    def _kill(self, condemned: Callable[[str], bool]) -> int:
        killed: set[int] = set()
        for _ in range(20):
            found = {pid for pid, tag in instance_tags(self._realm) if condemned(tag)}
            if not found:
                break
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            killed |= found
            time.sleep(_POLL_S)
        return len(killed)

    def _facts(self, process_id: str) -> dict[str, Any]:
        if PROCESS_ID.fullmatch(process_id):
            with suppress(ValueError):
                facts = json.loads(read_file(self._path(process_id, "state.json")) or b"null")
                if facts:
                    return dict(facts)
        raise NoSuchProcess(f"no process {process_id} was started here")

    @staticmethod
    def _read(facts: dict[str, Any]) -> ProcessState:
        known = {field.name: facts[field.name] for field in fields(ProcessState) if field.name in facts}
        alive = facts["boot"] == boot_id() and same_process(facts["keeper_pid"], facts["keeper_start"])
        phase = Phase(facts["phase"])
        if not alive and phase not in {Phase.STOPPED, Phase.FAILED}:
            known |= {"reason": "its keeper is gone", "pid": None, "pid_start": None}
            phase = Phase.FAILED
        return ProcessState(**{**known, "phase": phase, "alive": alive})

    def _path(self, process_id: str, kind: str) -> Path:
        return self._home / f"{process_id}.{kind}"

    @contextmanager
    def _locked(self, process_id: str) -> Iterator[None]:
        if not PROCESS_ID.fullmatch(process_id):
            raise NoSuchProcess(f"{process_id!r} is no process id")
        with exclusive(self._path(process_id, "lock")):
            yield


def _plain(spec: ProcessSpec) -> dict[str, Any]:
    flat = {field.name: getattr(spec, field.name) for field in fields(spec)}
    return flat | {
        "env": dict(spec.env),
        "labels": dict(spec.labels),
        "limits": asdict(spec.limits),
    }


def _digest(spec: ProcessSpec) -> str:
    return hashlib.sha256(json.dumps(_plain(spec), sort_keys=True).encode()).hexdigest()


def _settled(state: ProcessState, spec: ProcessSpec) -> bool:
    if spec.one_shot and state.phase is Phase.STOPPED:
        return True
    return state.alive and state.phase in {Phase.STARTING, Phase.RUNNING, Phase.BACKOFF}


def _keeper_lives(tag: str) -> bool:
    """Say whether the keeper at the end of a tag, `pid-start`, is alive."""
    pid, _, started = tag.rpartition(":")[2].partition("-")
    return pid.isdigit() and started.isdigit() and same_process(int(pid), int(started))
