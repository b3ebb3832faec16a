"""Charts with believable content for the style guide, always the same."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Curve, Lens, Mark, Plan, Series, State, Station, Stretch
from golive.kernel.ui.plots import Plot

NOW = datetime(2026, 11, 19, 14, 32, 8, tzinfo=UTC)
T = NOW.timestamp()
STATES: tuple[State, ...] = ("serving", "moving", "suspicious", "broken", "unknown")
MEANS = {
    "serving": "Serving",
    "moving": "Canary 10 %",
    "suspicious": "Slow",
    "broken": "Rolled back",
    "unknown": "No news for 3 h",
}


def wave(
    level: float, noise: float, seed: int, *, start: float, end: float, step: float = 2.0
) -> list[tuple[float, float | None]]:
    """A level with drift and noise, from `start` to `end` (epoch seconds)."""
    dice = random.Random(seed)  # noqa: S311  a drawing, not a secret
    drift, readings, moment = 0.0, list[tuple[float, float | None]](), start
    while moment <= end:
        drift = drift * 0.8 + (dice.random() - 0.5) * noise
        readings.append((moment, max(0.0, level + drift)))
        moment += step
    return readings


def spark(seed: int, level: float = 10.0, noise: float = 2.0) -> list[float | None]:
    """Forty values."""
    return [value for _, value in wave(level, noise, seed, start=0, end=78)]


LENS = Lens(T - 178, T + 52, T)
PULLED_LENS = Lens(T - 80, T + 14, T)


def calm_curves() -> list[Curve]:
    """A good release after two minutes."""
    main = [
        (t, 10 ** (0.12 * math.sin((t - T) / 17) + (v or 0) - 0.55))
        for t, v in wave(0.4, 0.09, 5, start=T - 138, end=T)
    ]
    slow = [(t, 10 ** ((v or 0) - 0.3)) for t, v in wave(0.4, 0.07, 9, start=T - 138, end=T)]
    failed = [(t, 10 ** (-0.3 + (v or 0) - 0.5)) for t, v in wave(0.4, 0.06, 8, start=T - 138, end=T)]
    return [
        Curve("slow", slow),
        Curve("failed", failed, dash=True),
        Curve("all", main, "moving", main=True),
    ]


def alarmed_curves() -> list[Curve]:
    """A bad release: pulled at 20, confirmed past 100."""
    pulled = T - 22
    before = [(t, 0.6 + (v or 0) * 0.1) for t, v in wave(1, 0.5, 3, start=T - 80, end=T - 34)]
    rise = [(T - 34 + s, 0.7 * 1.324**s) for s in range(12)]
    after = [(pulled + s, 20.5 * (1 + 0.095 * s + 0.004 * s * s * s / 8)) for s in range(0, 22, 2)]
    return [Curve("all", [*before, *rise, *after], "broken", main=True, pulled_at=pulled)]


def evidence_calm() -> Plot:
    """A good release: its curve stays near 1."""
    curves = calm_curves()
    marks = [Mark(T - 138, "1.5.0 gets 10 %"), Mark(T + 42, "50 %")]
    svg = draw.evidence(
        LENS,
        curves,
        marks=marks,
        label="Evidence against 1.5.0, now 0.61. Pull at 20, roll back at 100.",
    )
    return Plot(
        svg,
        LENS,
        [Series(c.name, c.readings) for c in curves],
        "evidence",
        zoom="/ui",
        explore="/ui",
    )


def evidence_alarmed() -> Plot:
    """A bad release, pulled and being confirmed."""
    curves = alarmed_curves()
    marks = [Mark(T - 60, "50 %"), Mark(T - 22, "pulled", "broken")]
    svg = draw.evidence(
        PULLED_LENS,
        curves,
        marks=marks,
        label="Evidence against 1.5.0: pulled at 20, now confirming.",
    )
    return Plot(svg, PULLED_LENS, [Series(c.name, c.readings) for c in curves], "evidence")


def lines() -> Plot:
    """New beside old."""
    old = Series("1.4.2", wave(0.12, 0.05, 4, start=T - 178, end=T), "serving", thin=True)
    new = Series("1.5.0", wave(0.16, 0.16, 9, start=T - 138, end=T), "moving")
    svg = draw.time_chart(
        LENS,
        [old, new],
        label="Failed, new against old",
        say=lambda v: f"{v:g} %",
        top=1,
        marks=[Mark(T - 138)],
    )
    return Plot(svg, LENS, [new, old], "percent")


def promised() -> Plot:
    """A figure with a promise, and a gap where nothing was measured."""
    lens = Lens(T - 3600, T, T)
    readings = [
        (t, None if T - 1800 < t < T - 1500 else v) for t, v in wave(140, 40, 12, start=T - 3600, end=T, step=30)
    ]
    p95 = Series("p95", readings, area=True)
    svg = draw.time_chart(
        lens,
        [p95],
        label="p95 of the last hour",
        say=words.milliseconds,
        top=400,
        limit=(300, "promised 300 ms"),
        height=120,
        marks=[Mark(T - 2600, "1.4.2"), Mark(T - 800, "1.5.0")],
    )
    return Plot(svg, lens, [p95], "ms", zoom="/ui", explore="/ui")


def bars() -> Plot:
    """Requests in fifteen minutes, a burst of them failed."""
    dice = random.Random(3)  # noqa: S311
    lens = Lens(T - 900, T, T)
    counts = [(T - 900 + i * 15, 60 + dice.random() * 20, (12.0 if 30 < i < 36 else 0.0)) for i in range(60)]
    marks = [Mark(T - 640, "1.5.0"), Mark(T - 380, "#17", "broken")]
    svg = draw.time_bars(lens, counts, 15, label="Requests, failed in red", marks=marks)
    return Plot(
        svg,
        lens,
        [
            Series("all", [(t, n) for t, n, _ in counts]),
            Series("failed", [(t, b) for t, _, b in counts]),
        ],
        "count",
    )


def split() -> Plot:
    """Who served, and who will."""
    cuts = [(T - 178, 0.0), (T - 138, 0.1), (T + 42, 0.5)]
    svg = draw.split(
        LENS,
        cuts,
        old="1.4.2",
        new="1.5.0, 10 %",
        label="1.5.0 serves 10 % since 14:29:50, 50 % planned",
        marks=[Mark(T - 138)],
    )
    return Plot(svg, LENS)


def rivers(share: float = 0.1, *, broken: bool = False) -> list[Stretch]:
    """What served in the last thirty days; `share` (0..1) is the trial's, which is out again when it was `broken`."""
    start = T - 138
    past = Stretch("1.4.1", T - 30 * 86400, T - 16 * 86400, past=True)
    if not share:
        return [past, Stretch("1.4.2", T - 16 * 86400)]
    old = Stretch("1.4.2", T - 16 * 86400, shares=[(start, 1 - share), *([(T - 22, 1.0)] if broken else [])])
    new = Stretch(
        "1.5.0", start, T - 22 if broken else None, "broken" if broken else "moving", [(start, share)], branch=True
    )
    return [past, old, new]


def horizon(*, broken: bool = False) -> str:
    """The line of time, calm or after a rollback."""
    plans = [
        Plan(T + 42, "50 %", "moving"),
        Plan(T + 222, "100 %"),
        Plan(T + 840, "watch"),
        Plan(T + 3600),
        Plan(T + 86400, "settled"),
    ]
    marks = [
        Mark(T - 16 * 86400),
        Mark(T - 7200),
        *([Mark(T - 34, "INC-17", "broken")] if broken else []),
    ]
    return draw.horizon(
        T,
        rivers(broken=broken),
        label="The line of time: 30 days past, now, and what is planned",
        marks=marks,
        plans=[] if broken else plans,
        lens=PULLED_LENS if broken else LENS,
    )


def rail(kind: str) -> list[Station]:
    """The way of a release in one of its shapes: canary, rolled back, waiting."""
    begun = NOW - timedelta(minutes=38)
    names = [
        "Queued",
        "Gated",
        "Built",
        "Staged",
        "Verified",
        "Approved",
        "Backed up",
        "Migrated",
        "Booted",
        "Warm",
    ]
    done = [Station(n, "done", begun + timedelta(minutes=3 * i, seconds=7 * i)) for i, n in enumerate(names)]
    if kind == "waiting":
        to = [Station(n, "to") for n in ("Backed up", "Migrated", "Booted", "Warm", "Canary", "Full", "Watch")]
        return [
            *done[:5],
            Station("Approval", "here", begun, "1 of 2", "moving"),
            *to,
            Station("Settled", "to", last=True),
        ]
    if kind == "rolled back":
        steps = [
            Station("Canary", "done", NOW - timedelta(seconds=138), "10 %", "moving", 0.1),
            Station("Ramp", "done", NOW - timedelta(seconds=60), "50 %", "moving", 0.5),
            Station("Pulled", "done", NOW - timedelta(seconds=22), "0 % in 0.4 s", "broken"),
            Station("Confirmed", "done", NOW - timedelta(seconds=13), "12 pairs", "broken"),
            Station(
                "Rolled back",
                "here",
                NOW - timedelta(seconds=12),
                "1.4.2 at 100 %",
                "broken",
                last=True,
            ),
        ]
        return [*done[5:6], *done[9:], *steps]
    planned = [
        Station("Ramp", "to", NOW + timedelta(seconds=42), "50 %"),
        Station("Full", "to", NOW + timedelta(seconds=222), "100 %"),
        Station("Watch", "to", detail="10 min"),
        Station("Watch", "to", detail="1 hour"),
        Station("Settled", "to", last=True),
    ]
    return [
        *done,
        Station("Canary", "here", NOW - timedelta(seconds=138), "10 %", "moving", 0.1, 0.76),
        *planned,
    ]
