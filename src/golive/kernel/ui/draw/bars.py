"""Small drawings inside a row or a line of text: sparkline, budget, gauge, traffic, calendar, spans of a trace."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from golive.kernel.ui import words
from golive.kernel.ui.draw.canvas import Canvas
from golive.kernel.ui.draw.plot import stretches
from golive.kernel.ui.draw.scales import State


def sparkline(values: Sequence[float | None], *, state: State | None = None) -> str:
    """The last values of a figure, which stand on zero, so that a small wobble looks small. Its row says the number in words."""
    high = max((v for v in values if v is not None), default=None)
    if high is None:
        return ""
    canvas = Canvas(18, classes="spark")
    last = max(len(values) - 1, 1)
    runs = stretches(
        [(i / last, v) for i, v in enumerate(values)],
        lambda x, v: (0.01 + x * 0.95, 15.5 - v / (high or 1.0) * 13),
    )
    for points in runs:
        canvas.curve(points, "curve", state)
    x, y = runs[-1][-1]
    canvas.dot(x, y, 2, "end", state)
    return canvas.svg()


def budget(left: float) -> str:
    """What is left of an error budget, 0..1."""
    state: State = "broken" if left <= 0 else "serving"
    canvas = Canvas(12, f"{words.percent(max(left, 0.0))} of the budget left", "budget")
    canvas.rect(0, 3, 1, 6, "rest")
    canvas.rect(0, 3, min(max(left, 0.03), 1.0), 6, "solid", state)  # spent: a red stump
    return canvas.svg()


def gauge(value: float, *, pull: float = 20, blame: float = 100, state: State | None = None) -> str:
    """Weight of evidence of one stream between 0.1 and 1000, over the zones in which golive acts."""
    share = _gauge_share
    canvas = Canvas(14, f"Evidence {words.evidence(value)}", "gauge")
    canvas.rect(0, 4, share(pull), 6, "rest")
    canvas.rect(share(pull), 4, share(blame) - share(pull), 6, "wash", "suspicious")
    canvas.rect(share(blame), 4, 1 - share(blame), 6, "wash", "broken")
    for limit, mood in ((pull, "suspicious"), (blame, "broken")):
        canvas.block(share(limit), -0.75, 2, 1.5, 10, "solid", mood)
    canvas.block(share(value), -2.5, 0, 5, 14, "solid", state or "moving")
    return canvas.svg()


def _gauge_share(value: float) -> float:
    return (math.log10(min(max(value, 0.1), 1000.0)) + 1) / 4


def gauge_scale(*, pull: float = 20, blame: float = 100) -> str:
    """The words over a column of gauges: what 1 means, and where golive acts."""
    canvas = Canvas(14, classes="gauge-scale")
    canvas.text(_gauge_share(1), 10, "1: no difference", "tick wide", anchor="middle")
    canvas.text(_gauge_share(pull), 10, f"{pull:g}: pull", "tick", anchor="middle", dx=-8)
    canvas.text(_gauge_share(blame), 10, f"{blame:g}: roll back", "tick", dx=-6)
    return canvas.svg()


@dataclass(frozen=True)
class Part:
    """A release and the share (0..1) of the traffic that it serves."""

    name: str
    share: float
    state: State


def traffic(parts: Sequence[Part]) -> str:
    """Who serves, now: one bar, as wide as the traffic."""
    label = ", ".join(f"{p.name} serves {words.percent(p.share)}" for p in parts)
    canvas = Canvas(28, label, "traffic")
    served = [p for p in parts if p.share > 0]
    x = 0.0
    for index, part in enumerate(served):
        gap = 0.004 if index else 0.0
        canvas.rect(x + gap, 0, part.share - gap, 24, "wash", part.state)
        canvas.rect(x + gap, 24, part.share - gap, 4, "solid", part.state)
        said = f"{part.name} · {words.percent(part.share)}"
        if part.share * 230 > len(said) * 6.4 + 12:
            canvas.text(x + gap, 16, said, "loud", part.state, dx=8)
        elif part.share * 230 > 20:
            canvas.text(x + gap, 16, f"{part.share * 100:.0f}", "loud", part.state, dx=5)
        x += part.share
    return canvas.svg()


def calendar(days: Sequence[State], *, label: str) -> str:
    """One bar a day. Low is fine, middle is disturbed, full height is broken, a dash was not measured: it prints without colour."""
    tall = {"serving": 15.0, "moving": 18.0, "suspicious": 22.0, "broken": 28.0, "unknown": 3.0}
    canvas = Canvas(28, label, "calendar")
    width = 1 / max(len(days), 1)
    for index, state in enumerate(days):
        canvas.rect(index * width, 28 - tall[state], width * 0.76, tall[state], "solid", state)
    return canvas.svg()


def spans(start: float, width: float, *, kind: str = "", state: State | None = None) -> str:
    """One span of a waterfall, as shares of the trace; `kind` is "", database or outgoing."""
    canvas = Canvas(25)
    for quarter in (0.0, 0.25, 0.5, 0.75):
        canvas.line(quarter, 0, quarter, 25, "grid")
    wide = max(width, 0.003)
    if kind == "database" and not state:
        canvas.line(start, 12, start + wide, 12, "span database")
    else:
        canvas.rect(start, 8, wide, 9, "span" if state else f"span {kind}".strip(), state)
    return canvas.svg()
