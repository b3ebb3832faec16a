"""The judge for people: questions in words, counts, evidence, the last minutes."""

from __future__ import annotations

from typing import Any

from golive.ship.judge.domain import words
from golive.ship.judge.domain.combination import RELATIVE, WEIGHTS
from golive.ship.judge.domain.facts import NEW, OLD
from golive.ship.judge.domain.ledger import Ledger
from golive.ship.judge.domain.limits import limits
from golive.ship.judge.domain.record import four, numbers
from golive.ship.judge.domain.standing import Standing
from golive.ship.judge.domain.status_mix import CATEGORIES

MOST_ROWS = 12


def explanation(s: Standing) -> dict[str, Any]:
    """State, thresholds, streams, the routes that matter, the case and the series."""
    books, config = s.books, s.config
    total, known = books.sum, limits(s)
    return {
        "state": s.state,
        "reason": s.reason,
        "sentence": s.sentence,
        "numbers": dict(s.numbers),
        "now": numbers(s),
        "t": s.now,
        "share": s.share,
        "share_at_risk": books.unit.window.share,
        "attempts": s.seen,
        "unjudged": {"total": s.unjudged[0], "failed": s.unjudged[1]},
        "blind": s.blind,
        "began_with_release": s.began,
        "evidence": four(total.all),
        "relative": {family: four(books.relative(family)) for family in RELATIVE},
        "thresholds": {
            "pull": config.pull_at,
            "blame": config.blame_at,
            "relative": config.relative_at,
        },
        "bar": four(books.bar()),
        "baseline": {
            "units": books.base.n,
            "failed": books.base.e,
            "rate": four(books.base.rate),
            "dispersion": four(books.base.dispersion.phi),
            "p90_ms": books.base.any90,
            "p99_ms": books.base.any99,
        },
        "streams": [_stream(s, name) for name in WEIGHTS],
        "routes": _routes(books),
        "case": _case(s),
        "cannot_be_known": known.facts() if known is not None else None,
        "resumed": dict(s.resumed),
        "holds": s.holds,
        "series": s.series.columns(),
    }


def _stream(s: Standing, name: str) -> dict[str, Any]:
    evidence = s.books.sum.e[name]
    weight = WEIGHTS[name]
    return {
        "name": name,
        "question": words.QUESTIONS[name],
        "relative": name in {n for names in RELATIVE.values() for n in names},
        "evidence": four(evidence),
        "weight": weight,
        "pulls_alone_at": four(s.config.pull_at / weight),
        **_counts(s, name),
    }


def _counts(s: Standing, name: str) -> dict[str, int]:
    episode, step = s.books.episode, s.step
    kind = name.removeprefix("abs_")
    if kind in episode.slow:
        return {"new_total": episode.timed, "new_bad": episode.slow[kind]}
    if name == "mix":
        rows = s.books.mix.totals.values()
        return {"new_bad": sum(r[NEW] for r in rows), "old_bad": sum(r[OLD] for r in rows)}
    if step is None:
        return {}
    return {
        "new_total": step.n[NEW],
        "new_bad": step.e[NEW],
        "old_total": step.n[OLD],
        "old_bad": step.e[OLD],
    }


def _routes(books: Ledger) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for route, stream in books.routes.items():
        units, failed = books.episode.units.get(route, (0, 0))
        relative = stream.relative.value() if stream.relative else 1.0
        absolute = stream.absolute.value() if stream.absolute else 1.0
        rows.append(
            {
                "route": route,
                "new_units": units,
                "new_failed": failed,
                "relative": four(relative),
                "absolute": four(absolute),
                "appeared_later": route in books.late,
            }
        )
    rows.sort(key=lambda r: (-max(r["relative"], r["absolute"]), -r["new_units"], r["route"]))
    return rows[:MOST_ROWS]


def _case(s: Standing) -> dict[str, Any] | None:
    case = s.case
    if case is None:
        return None
    return {
        "kind": case.kind,
        "category": CATEGORIES[case.what] if case.kind == "mix" else "",
        "routes": list(case.routes)[:MOST_ROWS],
        "reason": case.reason,
        "pulled_at": case.t,
        "share": case.share,
        "relative": four(case.relative),
        "clients": case.clients,
        "lasting": case.lasting,
        "before": four(case.before),
        "usual": four(case.usual),
        "cohort": {"units": case.n, "bad": case.e},
        "crossover": four(case.crossover),
        "probes": {"evidence": four(case.probes), "asked": list(case.asked), "bad": list(case.bad)},
        "second": case.again,
    }
