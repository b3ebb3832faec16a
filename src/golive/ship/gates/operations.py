"""Run the gates of a release."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golive.kernel import clock, ids
from golive.kernel.config import settings
from golive.kernel.log import get_logger
from golive.kernel.ports import the
from golive.ship.artifacts import operations as artifacts
from golive.ship.artifacts.domain import Artifact
from golive.ship.artifacts.ports import Repositories
from golive.ship.commands import operations as commands
from golive.ship.commands.domain import Command, Ending, Finished, Hide, Identity, Stop, Stopped, never
from golive.ship.commands.ports import CommandRunner
from golive.ship.gates import queries
from golive.ship.gates.domain import GateState
from golive.ship.gates.domain.coverage import LARGEST
from golive.ship.gates.domain.judgement import Judgement, judge
from golive.ship.gates.models import Run
from golive.ship.gates.queries import GateRun
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Gate, Manifest

logger = get_logger(__name__)

AT_ONCE = 4
Verdict = tuple[Finished, Judgement]


@dataclass(frozen=True)
class GateReport:
    """All gates of a release; `passed` only when every one of them did."""

    passed: bool
    runs: tuple[GateRun, ...]


def run_all(*, release: str, service: str, artifact: Artifact, manifest: Manifest, stop: Stop = never) -> GateReport:
    """Run the gates that have no valid proof, independent ones at once; blocks until all are done.

    Called again for the same release it runs what was cut off and what passed but is no proof any more, and keeps the
    rest (idempotent). Raises RunAsRefused; Stopped when `stop` says so, then the unfinished ones stay so for whoever goes on, or `give_up`.
    """
    who = commands.identity(service, manifest.run_as)
    with commands.alone(_lock(release), stop):
        for position, gate in enumerate(manifest.gates):
            _open(release, service, artifact, gate, position)
        _scratch(release).mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            commands.lend(_scratch(release), who)
            _run_pending(release, artifact, manifest, who, stop)
        finally:
            shutil.rmtree(_scratch(release), ignore_errors=True)
    found = tuple(queries.runs(release))
    if any(run.state is GateState.RUNNING for run in found):
        raise Stopped(stop())
    return GateReport(all(run.state is GateState.PASS for run in found), found)


def give_up(*, release: str, why: str) -> bool:
    """Close the runs that a release which has ended will not finish, and remove their copies of its artifact.

    False while they still run, in a process that does not know of it yet.
    """
    pending = Run.objects.filter(release=release, state=GateState.RUNNING)
    if not (_scratch(release).exists() or pending.exists()):
        return True
    with suppress(Stopped), commands.alone(_lock(release), stop=lambda: "they still run"):
        pending.update(state=GateState.UNKNOWN, summary="no result", why=f"no result: {why}")
        shutil.rmtree(_scratch(release), ignore_errors=True)
        return True
    return False


def _open(release: str, service: str, artifact: Artifact, gate: Gate, position: int) -> None:
    """Make the run of a gate, already passed when a proof holds; one whose own proof has expired begins anew."""
    run = Run.objects.filter(release=release, name=gate.name).first() or Run(id=ids.new_id("gate"), release=release)
    if run.state and not _has_expired(run):
        return
    proof = _proof(service, artifact, gate)
    known = _proven(service, gate, proof)
    run.service, run.position, run.name, run.command = service, position, gate.name, gate.command
    run.digest, run.proof, run.started_at = artifact.digest, proof, clock.now()
    run.state, run.reused = (GateState.PASS, True) if known else (GateState.RUNNING, False)
    run.exit_code, run.seconds = (known.exit_code, known.seconds) if known else (None, 0.0)
    run.summary, run.expires_at = (known.summary, _end(known, gate)) if known else ("", None)
    # A name of its own each time: releases that reused the proof of before go on showing the log of that.
    run.log_path = known.log_path if known else str(settings().gates / f"{ids.new_id('gate')}.log")
    run.save()


def _has_expired(run: Run) -> bool:
    return run.state == GateState.PASS and run.expires_at is not None and run.expires_at <= clock.now()


def _proven(service: str, gate: Gate, proof: str) -> Run | None:
    """Return the newest run that proves a gate still, by what it says of itself and by what `expires` says now."""
    young = Run.objects.filter(expires_at__gt=clock.now(), started_at__gt=clock.now() - gate.life)
    passed = young.filter(service=service, name=gate.name, proof=proof, state=GateState.PASS, reused=False)
    return passed.order_by("-expires_at").first()


def _end(known: Run, gate: Gate) -> datetime | None:
    return min(known.expires_at, known.started_at + gate.life) if known.expires_at else None


def _proof(service: str, artifact: Artifact, gate: Gate) -> str:
    """Return the hash of all that the result of a gate depends on: code, command, reader, tools."""
    code = artifact.digest
    if gate.inputs:
        code = the(Repositories).identity(service, artifact.revision, gate.inputs)
    parts = {
        "code": code,
        "gate": gate.model_dump(mode="json", exclude={"timeout", "expires", "needs"}),
        "tools": dict(the(CommandRunner).toolchain()),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _run_pending(release: str, artifact: Artifact, manifest: Manifest, who: Identity | None, stop: Stop) -> None:
    """Start each gate as soon as those it needs have passed; only this thread touches the database."""
    running: dict[Future[Verdict], Run] = {}
    hide = services.redaction(manifest.service)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while True:
            rows = {run.name: run for run in Run.objects.filter(release=release)}
            started = {run.name for run in running.values()}
            for gate in manifest.gates:
                run = rows[gate.name]
                if run.state != GateState.RUNNING or gate.name in started or stop():
                    continue
                blocked = [need for need in gate.needs if rows[need].state not in {GateState.PASS, GateState.RUNNING}]
                if blocked:
                    _skip(run, blocked)
                elif all(rows[need].state == GateState.PASS for need in gate.needs):
                    work = _scratch(release) / gate.name
                    running[pool.submit(_execute, gate, run.log_path, work, artifact, who, stop, hide)] = run
            if not running:
                if stop() or not Run.objects.filter(release=release, state=GateState.RUNNING).exists():
                    return
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                gate = next(gate for gate in manifest.gates if gate.name == running[future].name)
                run, (finished, judgement) = running.pop(future), future.result()
                if finished.ending is not Ending.STOPPED:
                    _close(run, gate, finished, judgement, hide)


def _execute(
    gate: Gate, log_path: str, work: Path, artifact: Artifact, who: Identity | None, stop: Stop, hide: Hide
) -> Verdict:
    runner = the(CommandRunner)
    log = Path(log_path)
    log.unlink(missing_ok=True)
    try:
        shutil.rmtree(work, ignore_errors=True)
        with commands.acting(who):
            artifacts.copy_tree(artifact.path, work)
    except OSError as error:
        done = Finished(Ending.NOT_STARTED, None, 0.0, "", reason=f"its folder cannot be written: {error}")
        return done, judge(gate, done, None)
    env = _environment(commands.environment(who), work) | gate.env
    limit = gate.timeout.total_seconds()
    run_as = who.name if who else None
    done = runner.run(Command(gate.command, work, log, limit, env, run_as=run_as, stop=stop, hide=hide))
    return done, judge(gate, done, _report(gate, work, log, who))


def _environment(base: Mapping[str, str], work: Path) -> dict[str, str]:
    path = f"{work}/.venv/bin:{work}/node_modules/.bin:{base['PATH']}"
    return {
        **base,
        "PATH": path,
        "CI": "1",
        "PYTHONPATH": f"{work}:{work}/src",
        "UV_NO_SYNC": "1",
        "UV_FROZEN": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _report(gate: Gate, work: Path, log: Path, who: Identity | None) -> str | None:
    """Return the text that the gate's reader wants; only from inside the gate's own folder."""
    if gate.reads is None:
        return None
    name = gate.reads.coverage or gate.reads.audit or ""
    if name == "stdout":
        return _text(log)
    with commands.acting(who):
        path = (work / name).resolve()
        return _text(path) if path.is_relative_to(work.resolve()) else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace") if path.stat().st_size <= LARGEST else None
    except OSError:
        return None


def _close(run: Run, gate: Gate, done: Finished, judgement: Judgement, hide: Hide) -> None:
    now = clock.now()
    run.state, run.summary, run.why = judgement.state, hide(judgement.summary), hide(judgement.why)
    run.exit_code, run.seconds = done.exit_code, done.seconds
    run.expires_at = now + gate.life if judgement.state is GateState.PASS else None
    run.save()
    logger.info("gate_finished", release=run.release, gate=run.name, state=run.state, seconds=run.seconds)


def _skip(run: Run, blocked: list[str]) -> None:
    run.state = GateState.SKIPPED
    run.summary = run.why = f"not run, since {', '.join(blocked)} did not pass"
    run.save()


def _scratch(release: str) -> Path:
    return settings().gates / "work" / release


def _lock(release: str) -> Path:
    """The gates of a release run in one process at a time."""
    return settings().gates / f"{release}.lock"
