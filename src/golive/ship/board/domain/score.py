"""The judge's last minutes as rows of the page's score: who served, what failed, what was slow, the evidence.

Takes what `judge.queries.explanation` returns; its clock is monotonic, so every moment is counted back from `at`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Curve, Lens, Mark, Series, State
from golive.kernel.ui.draw.bars import Part
from golive.kernel.ui.draw.plot import Reading
from golive.kernel.ui.draw.scales import round_top
from golive.kernel.ui.parts import Pair, Question, Staff
from golive.kernel.ui.plots import Plot

SMOOTH = 10.0  # seconds over which a share is taken
SILENT = 4.0  # seconds without a tick that are shown as a gap
PLANNED = 0.24  # share of the lens that shows what is planned
MOST_QUESTIONS = 6
ALARMED = frozenset({"CONFIRMING", "ROLLED_BACK", "ASKED"})


@dataclass(frozen=True)
class Trial:
    """The release on trial: `new` and `old` are their names, `at` the epoch seconds of the explanation, `until` when the
    step may move on (None: not planned), `next_share` what it then gets; `over` when nothing moves any more, `closed` when nothing ever will.
    """

    new: str
    old: str
    explanation: dict[str, Any]
    at: float
    until: float | None = None
    next_share: float | None = None
    over: bool = False
    closed: bool = False
    full: bool = False
    share: float | None = None
    here: str = ""
    explore: str = ""

    def wall(self, t: float) -> float:
        """The judge's clock to epoch seconds."""
        return self.at - (float(self.explanation["t"]) - t)

    @property
    def columns(self) -> dict[str, list[Any]]:
        return self.explanation.get("series") or {}

    @property
    def times(self) -> list[float]:
        return [self.wall(t) for t in self.columns.get("t", [])]

    @property
    def state(self) -> State:
        """What the new release's lines look like."""
        judged = self.explanation.get("state", "")
        pull_at = self.explanation["thresholds"]["pull"]
        if judged == "HELD":
            return "suspicious"
        if judged in ALARMED or self.explanation["evidence"] >= pull_at:
            return "broken"
        return "serving" if self.full else "moving"

    @property
    def pulled_at(self) -> float | None:
        case = self.explanation.get("case")
        return self.wall(case["pulled_at"]) if case else None


def lens(trial: Trial) -> Lens:
    """The last minutes, and as much of what is planned as fits."""
    times = trial.times
    start = times[0] if times else trial.at - 240
    start = min(start, trial.at - 30)
    if trial.over or trial.until is None:
        return Lens(start, trial.at + (trial.at - start) * 0.04, trial.at)
    ahead = (trial.at - start) * PLANNED / (1 - PLANNED)
    return Lens(start, trial.at + ahead, trial.at)


def marks(trial: Trial) -> list[Mark]:
    """Changes of the share, the pull, the next step."""
    found = [
        Mark(moment, f"{trial.new} gets {words.percent(share)}") if share else Mark(moment, "pulled", "broken")
        for moment, share in _cuts(trial)[1:]
        if share or trial.pulled_at is not None
    ]
    if trial.until and trial.next_share:
        found.append(Mark(trial.until, words.percent(trial.next_share)))
    return found


def staffs(trial: Trial) -> list[Staff]:
    """All rows, or none before the judge has seen a second."""
    if not trial.times:
        return []
    seen = lens(trial)
    where = marks(trial)
    return [
        _who_serves(trial, seen, where),
        _shares(trial, seen, where, "Failed", "failed", ""),
        _shares(trial, seen, where, "Slow", "slow", "above the promised latency"),
        _evidence(trial, seen, where),
    ]


def _cuts(trial: Trial) -> list[tuple[float, float]]:
    cuts: list[tuple[float, float]] = []
    for moment, share in zip(trial.times, trial.columns.get("share", []), strict=False):
        if not cuts or abs(cuts[-1][1] - share) > 0.001:
            cuts.append((moment, float(share)))
    if trial.share is not None and cuts and abs(cuts[-1][1] - trial.share) > 0.001:
        cuts.append((trial.at, trial.share))
    return cuts


def _who_serves(trial: Trial, seen: Lens, where: Sequence[Mark]) -> Staff:
    cuts = _cuts(trial)
    share = cuts[-1][1]
    if cuts[0][0] > seen.start and cuts[0][1] == 0:
        cuts = [(seen.start, 0.0), *cuts[1:]]
    elif cuts[0][0] > seen.start:
        cuts = [(seen.start, 0.0), *cuts]
    planned = [*cuts, (trial.until, trial.next_share)] if trial.until and trial.next_share else cuts
    svg = draw.split(
        seen,
        planned,
        old=trial.old,
        new=trial.new,
        label=f"{trial.new} serves {words.percent(share)}",
        state=trial.state,
        marks=[Mark(m.at, state=m.state) for m in where],
    )
    total = sum(trial.columns["new_total"][-10:]) + sum(trial.columns["old_total"][-10:])
    now = share if trial.share is None else trial.share
    parts = [Part(trial.old, 1 - now, "serving"), Part(trial.new, now, trial.state)]
    per_second = f"{words.rate(total / max(len(trial.times[-10:]), 1))} requests/s"
    return Staff("Who served" if trial.over else "Who serves", per_second, Plot(svg, seen), traffic=parts)


def _shares(trial: Trial, seen: Lens, where: Sequence[Mark], name: str, column: str, detail: str) -> Staff:
    new, old = (_smoothed(trial, side, column) for side in ("new", "old"))
    lines = [
        Series(trial.old, old, "serving", thin=True),
        Series(trial.new, new, trial.state),
    ]
    svg = draw.time_chart(
        seen,
        lines,
        label=f"{name}, {trial.new} against {trial.old}",
        say=lambda v: words.percent(v / 100),
        top=_top(lines),
        marks=[Mark(m.at, state=m.state) for m in where],
    )
    pairs = [_pair(trial, "new", column, trial.state), _pair(trial, "old", column, "serving")]
    plot = Plot(svg, seen, lines[::-1], "percent", zoom=trial.here, explore=trial.explore)
    return Staff(name, detail, plot, pairs)


def _top(lines: Sequence[Series]) -> float:
    """The top of a chart of shares, in percent: a round number, and never so low that one failure looks like a wall."""
    return round_top(max([1.0, *(v for line in lines for _, v in line.readings if v is not None)]))


def _pair(trial: Trial, side: str, column: str, state: State) -> Pair:
    total, hit = (sum(trial.columns[f"{side}_{what}"]) for what in ("total", column))
    name = trial.new if side == "new" else trial.old
    share = words.percent(hit / total) if total else words.UNKNOWN
    return Pair(name, share, f"{words.count(hit)} of {words.count(total)}", state, thin=side == "old")


def _smoothed(trial: Trial, side: str, column: str) -> list[Reading]:
    """Share in percent over the last SMOOTH seconds; None where nobody was served."""
    times = trial.times
    shares = trial.columns["share"]
    totals, hits = trial.columns[f"{side}_total"], trial.columns[f"{side}_{column}"]
    readings: list[Reading] = []
    begin, total, hit = 0, 0, 0
    for index, moment in enumerate(times):
        total, hit = total + totals[index], hit + hits[index]
        while moment - times[begin] > SMOOTH:
            total, hit = total - totals[begin], hit - hits[begin]
            begin += 1
        served = side == "old" or shares[index] > 0
        readings.append((moment, 100 * hit / total if total and served else None))
    return readings


def _evidence(trial: Trial, seen: Lens, where: Sequence[Mark]) -> Staff:
    limits = trial.explanation["thresholds"]
    value = float(trial.explanation["evidence"])
    alone = [float(v) for v in trial.columns["evidence"]]
    beside = [float(v) for v in trial.columns["relative"]]
    begun = next((i for i, share in enumerate(trial.columns["share"]) if share), len(alone))
    curves = [
        Curve(f"against {trial.old}", _broken(trial.times, beside)[begun:], dash=True),
        Curve(
            "all",
            _broken(trial.times, alone)[begun:],
            trial.state,
            main=True,
            pulled_at=trial.pulled_at,
        ),
    ]
    svg = draw.evidence(
        seen,
        curves,
        pull=limits["pull"],
        blame=limits["blame"],
        marks=where,
        label=f"Evidence against {trial.new}, now {words.evidence(value)}. Pull at {limits['pull']:g}, roll back at {limits['blame']:g}.",
    )
    lines = [Series(c.name, c.readings, c.state) for c in reversed(curves)]
    plot = Plot(svg, seen, lines, "evidence", zoom=trial.here, explore=trial.explore)
    peak = max([value, *alone])
    passed = next((limit for limit in (limits["blame"], limits["pull"]) if peak >= limit), None)
    unit = f"passed {passed:g}" if passed else f"of {limits['pull']:g}"
    shown = peak if passed else value
    return Staff(
        f"Evidence against {trial.new}",
        f"Fair to read at any moment. Crossing {limits['pull']:g} takes its traffic away; crossing {limits['blame']:g}, after a "
        "second check, rolls it back.",
        plot,
        big=words.evidence(shown),
        unit=unit,
        says=_leaning(trial, value, peak),
    )


def _broken(times: Sequence[float], values: Sequence[float]) -> list[Reading]:
    """Readings with a gap wherever the judge was not counting."""
    readings: list[Reading] = []
    for moment, value in zip(times, values, strict=True):
        if readings and moment - readings[-1][0] > SILENT:
            readings.append((readings[-1][0] + 0.001, None))
        readings.append((moment, value))
    return readings


def _leaning(trial: Trial, value: float, peak: float) -> list[str]:
    if trial.closed:
        return []  # the page says how it ended; the judge's last words are from before
    if trial.explanation.get("blind"):
        return ["The edge's log is silent while it serves: the step is held until it speaks again."]
    if peak >= trial.explanation["thresholds"]["pull"]:
        return [trial.explanation.get("sentence", "")]
    lean = (
        "Leaning towards “fine”." if value < 0.8 else "Knows nothing yet." if value < 2 else "Leaning towards “worse”."
    )
    return [lean]


def questions(trial: Trial) -> list[Question]:
    """The streams of the judge, the weightiest first."""
    rows = sorted(trial.explanation.get("streams", []), key=lambda row: -float(row["evidence"] or 0))
    return [_question(trial, row) for row in rows[:MOST_QUESTIONS]]


def _question(trial: Trial, row: dict[str, Any]) -> Question:
    weight = float(row["evidence"] or 0)
    limits = trial.explanation["thresholds"]
    state: State = "broken" if weight >= limits["blame"] else "suspicious" if weight >= limits["pull"] else "moving"
    counted = []
    for side, name in (("new", trial.new), ("old", trial.old)):
        if f"{side}_bad" in row and row.get(f"{side}_total", 1):
            of = f" of {words.count(row[f'{side}_total'])}" if f"{side}_total" in row else ""
            counted.append(f"{name}: {words.count(row[f'{side}_bad'])}{of}")
    return Question(row["question"], ", ".join(counted), weight, state)
