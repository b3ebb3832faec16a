"""The evidence curve: the weight of evidence that the new release is worse, on a log axis with the two lines that golive acts on.

1 knows nothing. Crossing `pull` takes the new release's traffic away; crossing `blame`, after a second check, rolls it back
(e-processes: Ramdas et al. 2023; Lindon et al., KDD 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from golive.kernel.ui import words
from golive.kernel.ui.draw.canvas import Canvas, Point
from golive.kernel.ui.draw.plot import Frame, Mark, Reading, stretches
from golive.kernel.ui.draw.scales import Lens, State, evidence_y

_Scale = Callable[[float], float]


@dataclass(frozen=True)
class Curve:
    """One stream, or (`main`) their combination. After `pulled_at` the curve is drawn differently: it confirms, nobody is served."""

    name: str
    readings: Sequence[Reading]
    state: State | None = None
    main: bool = False
    dash: bool = False
    pulled_at: float | None = None


def evidence(
    lens: Lens,
    curves: Sequence[Curve],
    *,
    label: str,
    pull: float = 20,
    blame: float = 100,
    marks: Sequence[Mark] = (),
    height: float = 176,
) -> str:
    """Curves over the two lines; zones are washed out until the combination has crossed `pull`."""
    high = max([300.0, *(v * 1.4 for c in curves for _, v in c.readings if v is not None)])
    high = min(high, 1e6)
    canvas = Canvas(height, label)

    def y(value: float) -> float:
        return evidence_y(value, height, high=high)

    alarmed = any(v is not None and v >= pull for c in curves if c.main for _, v in c.readings)
    calm = "" if alarmed else " calm"
    canvas.rect(0, 0, 1, y(blame), f"zone{calm}", "broken")
    canvas.rect(0, y(blame), 1, y(pull) - y(blame), f"zone{calm}", "suspicious")
    frame = Frame(canvas, lens, marks)
    frame.ground(label_marks=True)
    _axis(canvas, y, pull=pull, blame=blame)
    for curve in sorted(curves, key=lambda c: c.main):
        _curve(canvas, lens, curve, y)
    frame.now()
    _words(canvas, y, pull=pull, blame=blame)
    taken: list[float] = []
    for curve in sorted(curves, key=lambda c: not c.main):
        _end(canvas, lens, curve, y, taken)
    return canvas.svg()


def _axis(canvas: Canvas, y: _Scale, *, pull: float, blame: float) -> None:
    for value in (0.1, 1.0, 10.0):
        canvas.line(0, y(value), 1, y(value), "grid one" if value == 1 else "grid")
    for value, state in ((pull, "suspicious"), (blame, "broken")):
        canvas.line(0, y(value), 1, y(value), "threshold", state)


def _words(canvas: Canvas, y: _Scale, *, pull: float, blame: float) -> None:
    """What the lines mean, over the curves: what strikes a word out is not read."""
    canvas.text(0, y(1.0) - 3, "1 = knows nothing", "tick halo wide", dx=6)
    for value in (0.1, 10.0):
        canvas.text(1, y(value) - 3, f"{value:g}", "tick halo wide", anchor="end", dx=-4)
    canvas.text(0, y(pull) - 5, f"◆ PULL at {pull:g}", "loud halo", "suspicious", dx=6)
    canvas.text(0, y(blame) - 5, f"✕ ROLL BACK at {blame:g}", "loud halo", "broken", dx=6)


def _points(lens: Lens, readings: Sequence[Reading], y: _Scale) -> list[list[Point]]:
    return stretches(readings, lambda moment, value: (lens.share(moment), y(value)))


def _curve(canvas: Canvas, lens: Lens, curve: Curve, y: _Scale) -> None:
    classes = "curve main" if curve.main else f"curve thin {'dash' if curve.dash else 'dots'}"
    pulled = curve.pulled_at
    before = curve.readings if pulled is None else [r for r in curve.readings if r[0] <= pulled]
    for run in _points(lens, before, y):
        canvas.curve(run, classes, curve.state)
    if pulled is not None:
        after = [*before[-1:], *(r for r in curve.readings if r[0] > pulled)]
        for run in _points(lens, after, y):
            canvas.curve(run, "curve after" if curve.main else f"{classes}", curve.state)


def _end(canvas: Canvas, lens: Lens, curve: Curve, y: _Scale, taken: list[float]) -> None:
    """The last reading of a curve; the name of a lesser one only where it touches no other."""
    last = next(((moment, value) for moment, value in reversed(curve.readings) if value is not None), None)
    if last is None:
        return
    x, height = min(lens.share(last[0]), 1.0), y(last[1])
    late = x > 0.86
    anchor, dx = ("end", -9.0) if late else ("start", 9.0)
    if curve.main:
        hollow = " open" if curve.pulled_at is not None and last[0] > curve.pulled_at else ""
        canvas.dot(x, height, 4, f"end{hollow}", curve.state)
        canvas.text(x, height + 4, words.evidence(last[1]), "loud halo", curve.state, anchor=anchor, dx=dx)
        taken.append(height + 4)
        return
    at = height + (14 if curve.dash else -7)
    if not late and all(abs(at - other) >= 12 for other in taken):
        canvas.text(x, at, curve.name, "tick halo wide", anchor=anchor, dx=dx)
        taken.append(at)
