"""The figures behind a decision, and the decisions that end or restart a case."""

from __future__ import annotations

from golive.ship.judge.domain.facts import NEW, OLD, Action, ActionKind, Number
from golive.ship.judge.domain.standing import Standing


def four(value: float) -> float:
    """Evidence for the record: four digits, never infinite."""
    return float(f"{min(value, 1e30):.4g}")


def numbers(s: Standing) -> dict[str, Number]:
    """The figures behind any decision."""
    total, unit = s.books.sum, s.step
    out: dict[str, Number] = {
        "evidence": four(total.all),
        "relative": four(s.books.relative(total.family)),
        "share": s.share,
    }
    if unit is not None:
        out |= {
            "new_units": unit.n[NEW],
            "new_failed": unit.e[NEW],
            "old_units": unit.n[OLD],
            "old_failed": unit.e[OLD],
        }
    if s.case is not None:
        case = s.case
        out |= {
            "kind": case.kind,
            "relative": four(case.relative),
            "clients": case.clients,
            "crossover": four(case.crossover),
            "cohort_units": case.n,
            "cohort_failed": case.e,
            "probes": four(case.probes),
            "waited": round(s.now - case.t, 1),
        }
    return out


def end(s: Standing, t: float, kind: ActionKind, reason: str, sentence: str) -> list[Action]:
    """The judge's last word: ROLLBACK or ASK."""
    facts = numbers(s)
    s.state = "ROLLED_BACK" if kind is ActionKind.ROLLBACK else "ASKED"
    s.say(reason, sentence, facts)
    return [Action(t, kind, reason, sentence, facts)]


def resume(s: Standing, t: float, reason: str, sentence: str) -> list[Action]:
    """Back into traffic at a small share, with fresh evidence."""
    facts = numbers(s) | {"to": "a small share"}
    s.restart(t)
    s.began = False
    s.say(reason, sentence, facts)
    return [Action(t, ActionKind.RESUME, reason, sentence, facts)]
