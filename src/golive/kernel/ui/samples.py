"""Believable content for the style guide, always the same: it is what the browser tests look at."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from golive.kernel.ui import draw, words
from golive.kernel.ui.draw import Curve, Lens, Mark, Plan, Series, State, Station, Stretch
from golive.kernel.ui.draw.bars import Part
from golive.kernel.ui.parts import (
    Act,
    Chip,
    Consequence,
    Empty,
    LogLine,
    Moment,
    Need,
    Pattern,
    Span,
    Tab,
)
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
    svg = draw.time_bars(
        lens,
        counts,
        15,
        label="Requests, failed in red",
        marks=[Mark(T - 420, "rolled back", "broken")],
    )
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


def rivers(*, broken: bool = False) -> list[Stretch]:
    """What served in the last thirty days."""
    start = T - 138
    old = Stretch("1.4.2", T - 16 * 86400, shares=[(start, 0.9), *([(T - 22, 1.0)] if broken else [])])
    new = Stretch(
        "1.5.0", start, T - 22 if broken else None, "broken" if broken else "moving", [(start, 0.1)], branch=True
    )
    return [Stretch("1.4.1", T - 30 * 86400, T - 16 * 86400, past=True), old, new]


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


SHARES = {
    "one serves": [Part("1.4.2", 1.0, "serving")],
    "canary": [Part("1.4.2", 0.9, "serving"), Part("1.5.0", 0.1, "moving")],
    "half": [Part("1.4.2", 0.5, "serving"), Part("1.5.0", 0.5, "moving")],
    "bad half": [Part("1.4.2", 0.5, "serving"), Part("1.5.0", 0.5, "broken")],
}

ACTS: Sequence[Act] = (
    Act("hold", "Hold at 10 %", "/ui"),
    Act(
        "promote",
        "Go to 50 % now",
        "/ui",
        question="Send 50 % to 1.5.0 now?",
        says="The judge has seen 531 requests, too few to be sure.",
        consequences=(
            Consequence("Will serve", "1.4.2 and 1.5.0, half each"),
            Consequence("Database", "Stays as it is"),
            Consequence("Undo", "Pull 1.5.0, under a second"),
        ),
        keep="Wait for the judge",
    ),
    Act(
        "rollback",
        "Roll back to 1.4.2",
        "/ui",
        main=True,
        question="Roll back to 1.4.2?",
        says="1.4.2 is warm and serves 90 % already. Nobody will notice.",
        consequences=(
            Consequence("Will serve", "1.4.2 at 100 %, in under a second, watched for 10 minutes"),
            Consequence("Database", "Stays as it is: migration 0031 only added a column that 1.4.2 ignores"),
            Consequence("Undo", "1.5.0 stays on this machine for 24 h; deploy it again and it is back"),
        ),
        keep="Keep 1.5.0 at 10 %",
    ),
    Act("approve", "Approve", "/ui", refused="You wrote it; someone else approves"),
    Act(
        "remove",
        "Remove farmersmarket",
        "/ui",
        danger=True,
        question="Remove farmersmarket?",
        says="This cannot be undone.",
        consequences=(
            Consequence("Will serve", "Nothing: the address answers 404"),
            Consequence("Database", "The last backup stays for 30 days"),
        ),
        name_to_type="farmersmarket",
        keep="Keep it",
    ),
)

NEEDS: Sequence[Need] = (
    Need(
        "courier 0.9.4 waits for approval",
        "1 of 2 given (Jonas, 14:09). Staging passed 31 of 31 checks. Expires in 3 h 37 min.",
        "Review and approve",
        "/ui",
        "moving",
        main=True,
    ),
    Need(
        "courier has been slow for 21 min",
        "p95 412 ms, promised 300. No release to blame. On call: Jonas, told 14:16.",
        "Look at traces",
        "/ui",
        "suspicious",
    ),
)

MOMENTS: Sequence[Moment] = (
    Moment(NOW - timedelta(seconds=60), "1.5.0 got 50 % of production", state="moving"),
    Moment(
        NOW - timedelta(seconds=34),
        "First failed checkout: LockNotAvailable in reserve_slot()",
        state="broken",
        path="/ui",
    ),
    Moment(
        NOW - timedelta(seconds=22),
        "pulled 1.5.0, share 0 in 0.4 s",
        "evidence 20.5, limit 20; 14 of 88 failed, 0 of 89 in 1.4.2",
        who="golive",
    ),
    Moment(
        NOW - timedelta(seconds=12), "rolled back to 1.4.2", "12 paired requests: new 5 failed, old 0", who="golive"
    ),
    Moment(NOW, "Runbook step 2 ran: locks on pickup_slot, 0 waiting", state="serving"),
)

EMPTIES: Sequence[Empty] = (
    Empty(
        "Nothing new so far",
        "No error, log pattern or slow route in 1.5.0 that 1.4.2 does not have as well. golive compares them every second; what it finds appears here with a count and an example.",
    ),
    Empty(
        "No service yet",
        "Tell golive about an app: in its repository, this writes a golive.toml of a few lines, and the next command ships it.",
        "golive init && golive deploy",
    ),
)

SPANS: Sequence[Span] = (
    Span("POST /checkout", 0, 1, 2041, detail="edge", before=(0, 0.041)),
    Span("checkout.views.place", 0.002, 0.996, 2036, 1, "web-3", before=(0.002, 0.038)),
    Span("cart.load", 0.004, 0.003, 6, 2, "cache hit"),
    Span("SELECT products", 0.012, 0.02, 41, 3, "9 rows", "database"),
    Span("POST payments/authorise", 0.05, 0.2, 410, 2, "200", "outgoing"),
    Span("SELECT … FROM pickup_slot … FOR UPDATE", 0.26, 0.735, 1500, 3, "", "database", "broken"),
)

LOG: Sequence[LogLine] = (
    LogLine(NOW, "INFO", "order 88214 PENDING → CONFIRMED", "1.4.2"),
    LogLine(
        NOW - timedelta(seconds=1),
        "ERROR",
        "checkout failed: LockNotAvailable order=88213 card=•••• trace=7f3a91e2c41d",
        "1.5.0",
        "broken",
        "/ui",
    ),
    LogLine(NOW - timedelta(seconds=2), "WARN", "slot 118/Sat held for 1870 ms by b20c91", "1.5.0", "suspicious"),
    LogLine(NOW - timedelta(seconds=3), "INFO", "<script>alert(1)</script> is only text", "1.5.0"),
)

PATTERNS: Sequence[Pattern] = (
    Pattern(
        64,
        [("slot ", False), ("118/Sat", True), (" held for ", False), ("1870", True), (" ms", False)],
        "new in 1.5.0",
        "broken",
        spark(21, 3, 3),
    ),
    Pattern(798, [("order ", False), ("88209", True), (" confirmed", False)], "16 days ago", None, spark(8)),
)

CHIPS: Sequence[Chip] = (
    Chip("service", "farmersmarket", "/ui"),
    Chip("route", "POST /checkout", "/ui"),
    Chip("release", "1.5.0", "/ui"),
    Chip("last", "hour"),
)
TABS: Sequence[Tab] = (
    Tab("What is new", "/ui?tab=new#tabs", True, "0"),
    Tab("Gates", "/ui?tab=gates#tabs", False, "11 passed"),
    Tab("Changes", "/ui?tab=changes#tabs", False, "9 commits"),
    Tab("Approvals", "/ui?tab=approvals#tabs", False, "2 of 2"),
    Tab("Record", "/ui?tab=record#tabs", False, "41 events"),
)
CALENDAR: Sequence[State] = tuple(
    "unknown"
    if i < 14
    else "broken"
    if i == 40
    else "suspicious"
    if i in (41, 82)
    else "moving"
    if i == 70
    else "serving"
    for i in range(90)
)
DIFF = "@@ orders/migrations/0031_pickup_slot.py · expand, safe while 1.4.2 runs\n+ALTER TABLE pickup_slot ADD COLUMN held_until timestamptz NULL;\n-CHECKOUT_STEPS=3\n CREATE INDEX CONCURRENTLY pickup_slot_open ON pickup_slot (stall_id, day);"
CODE = '[environments.production]\nsteps = [{ share = 10, at_least = "2m" }]'
