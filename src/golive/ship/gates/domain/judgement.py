"""What a command's end and its report say together."""

from dataclasses import dataclass

from golive.ship.commands.domain import Ending, Finished
from golive.ship.gates.domain.audit import Audit, read_audit
from golive.ship.gates.domain.coverage import Unreadable, read_coverage
from golive.ship.gates.domain.states import GateState
from golive.ship.services.domain.manifest import Gate, Reads

# The command was not there, not allowed, or ended by a signal below the shell: it told nothing about the code.
TELLS_NOTHING = {126, 127, 137, 143}


@dataclass(frozen=True)
class Judgement:
    """The state of a gate, one line for lists, and why it is no pass (empty for PASS)."""

    state: GateState
    summary: str
    why: str = ""


def judge(gate: Gate, done: Finished, report: str | None) -> Judgement:
    """Judge a finished gate; `report` is the text that `reads` names, None when there is no such file."""
    if done.ending is not Ending.EXITED or done.exit_code in TELLS_NOTHING:
        return _not_known(done.words, done.tail)
    if gate.reads is None:
        return _by_exit_code(done)
    if report is None:
        name = gate.reads.coverage or gate.reads.audit
        return _worse(done) or _not_known(f"it did not write {name}", done.tail)
    try:
        return _by_report(gate.reads, done, report)
    except Unreadable as error:
        return _worse(done) or _not_known(str(error), done.tail)


def _by_report(reads: Reads, done: Finished, report: str) -> Judgement:
    if reads.audit is not None:
        return _by_audit(reads, done, read_audit(report))
    percent = read_coverage(report).percent
    summary = f"{percent:.1f} % of lines covered, at least {reads.minimum:g} % wanted"
    if percent < reads.minimum:
        return Judgement(GateState.FAIL, summary, summary)
    return _worse(done) or Judgement(GateState.PASS, summary)


def _by_audit(reads: Reads, done: Finished, audit: Audit) -> Judgement:
    packages = f"{audit.audited} packages audited" + (f", {audit.skipped} skipped" if audit.skipped else "")
    blocking = audit.blocking(reads.severity)
    if blocking:
        named = ", ".join(f"{one.package} ({one.id}, {one.severity})" for one in blocking[:10])
        summary = f"{len(blocking)} known vulnerabilities in {packages}"
        return Judgement(GateState.FAIL, summary, f"{summary}: {named}")
    # Auditors end with 1 for findings below the bar too; the report is more exact than that.
    worse = None if audit.findings else _worse(done)
    return worse or Judgement(GateState.PASS, f"{packages}, none vulnerable at {reads.severity} or worse")


def _by_exit_code(done: Finished) -> Judgement:
    return _worse(done) or Judgement(GateState.PASS, f"passed in {done.seconds:.1f} s")


def _worse(done: Finished) -> Judgement | None:
    if done.exit_code == 0:
        return None
    return Judgement(GateState.FAIL, done.words, f"{done.words}.\n{done.tail}".rstrip())


def _not_known(reason: str, tail: str) -> Judgement:
    return Judgement(GateState.UNKNOWN, reason, f"no result: {reason}.\n{tail}".rstrip())
