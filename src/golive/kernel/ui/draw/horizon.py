"""The line of time: thirty days past, now, thirty days planned, bent round now; a lens opens a piece of it into the page's ruler.

Thickness is traffic: the main river is what serves, a branch is a release that takes a share of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from golive.kernel.ui.draw.canvas import Canvas, trace
from golive.kernel.ui.draw.plot import Mark
from golive.kernel.ui.draw.scales import NARROW, NOW_AT, WIDE, Lens, State, claim, horizon_share

_DAY = 86400
# in order of importance: a later one gives way where two would touch
_TICKS = (
    (-30 * _DAY, "30 days"),
    (-_DAY, "1 day"),
    (-3600, "1 hour"),
    (-60, "1 min"),
    (30 * _DAY, "+30 d"),
    (_DAY, "+1 d"),
    (3600, "+1 h"),
    (-600, "10 min"),
    (-7 * _DAY, "7 days"),
    (600, "+10 min"),
)
_NARROW_APART = 0.21  # share of a phone's width that a clock time needs
_BAND = 14.0
CLOSE = 0.05  # share of the width within which words beside now stand clear of its line


@dataclass(frozen=True)
class Stretch:
    """A release serving from `start` until `end` (None: still). `shares` are (moment, share) while it ran beside another.

    A broken one that is no branch serves nobody: a line as thin as its traffic, with a cross where it broke.
    """

    name: str
    start: float
    end: float | None = None
    state: State = "serving"
    shares: Sequence[tuple[float, float]] = ()
    branch: bool = False
    past: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to come: a step, a hand-off, a window."""

    at: float
    label: str = ""
    state: State | None = None


def horizon(
    now: float,
    rivers: Sequence[Stretch],
    *,
    label: str,
    marks: Sequence[Mark] = (),
    plans: Sequence[Plan] = (),
    lens: Lens | None = None,
) -> str:
    """The full line; with a lens it ends in the ruler that the charts below hang from."""
    middle, floor = (40.0, 73.0) if rivers else (24.0, 50.0)
    height = floor + 15 + (38 if lens else 0)
    canvas = Canvas(height, label, "horizon")
    canvas.rect(NOW_AT, 0, 1 - NOW_AT, floor, "future")
    _ticks(canvas, floor)
    canvas.line(NOW_AT, middle, 1, middle, "road")
    for index, plan in enumerate(plans):
        x = horizon_share(plan.at - now)
        canvas.dot(x, middle, 3.5, "plan", plan.state)
        up = index % 2 == 1
        near = x - NOW_AT < CLOSE
        anchor = "end" if x > 0.94 else "start" if near else "middle"
        canvas.text(
            x,
            middle - 11 if up or near else middle + 19,
            plan.label,
            "tick wide halo",
            anchor=anchor,
            dx=2 if near else 0,
        )
    for mark in marks:
        _mark(canvas, mark, now, floor)
    _names(canvas, [(horizon_share(one.at - now), one.label) for one in marks if one.state == "broken"])
    for river in rivers:
        _river(canvas, river, now, middle, _BAND, named=True)
    canvas.line(NOW_AT, 0, NOW_AT, floor + 2, "now")
    canvas.block(NOW_AT, -17, floor + 1, 35, 15, "flag")
    canvas.text(NOW_AT, floor + 12, "now", "inverse", anchor="middle")
    if lens:
        _lens(canvas, lens, now, floor)
    return canvas.svg()


def lane(now: float, rivers: Sequence[Stretch], *, plans: Sequence[float] = (), height: float = 54) -> str:
    """One service on the same axis, for a row of the overview; the row's words say what it shows."""
    canvas = Canvas(height)
    middle = height * 0.42
    canvas.rect(NOW_AT, 0, 1 - NOW_AT, height, "future")
    canvas.line(NOW_AT, middle, 1, middle, "road")
    for moment in plans:
        canvas.dot(horizon_share(moment - now), middle, 3, "plan")
    for river in rivers:
        _river(canvas, river, now, middle, 10.0, named=False)
    _versions(canvas, rivers, now, middle + 18)
    canvas.line(NOW_AT, 0, NOW_AT, height, "now")
    return canvas.svg()


def _versions(canvas: Canvas, rivers: Sequence[Stretch], now: float, y: float) -> None:
    """What moves has its name; what served has one too, the newest first, where no other stands in its way."""
    taken: list[tuple[float, float]] = []
    for river in sorted(rivers, key=lambda one: (not one.branch, -one.start)):
        a, b = horizon_share(river.start - now), horizon_share((river.end or now) - now)
        room = len(river.name) * 7 / NARROW
        if river.branch:
            canvas.text(a, y, river.name, "loud halo", river.state, anchor="end", dx=-14)
            taken.append((a - 14 / NARROW - room, a))
        elif river.name and b - a > 0.09 and claim(taken, a + 5 / NARROW, a + 5 / NARROW + room):
            canvas.text(a, y, river.name, "tick", dx=5)


def _ticks(canvas: Canvas, floor: float) -> None:
    taken = {
        NARROW: [(NOW_AT - 24 / NARROW, NOW_AT + 24 / NARROW)],
        WIDE: [(NOW_AT - 24 / WIDE, NOW_AT + 24 / WIDE)],
    }
    for distance, said in _TICKS:
        x = horizon_share(distance)
        canvas.line(x, floor - 4, x, floor, "mark")
        fits = [width for width in (WIDE, NARROW) if _claim(taken[width], x, (len(said) * 6 + 10) / width)]
        if not fits:
            continue
        anchor = "start" if x < 0.05 else "end" if x > 0.95 else "middle"
        canvas.text(x, floor + 12, said, "tick" if NARROW in fits else "tick wide", anchor=anchor)
    canvas.line(0, floor + 0.5, 1, floor + 0.5, "base")


def _claim(taken: list[tuple[float, float]], x: float, width: float) -> bool:
    left = x if x < 0.05 else x - width if x > 0.95 else x - width / 2
    return claim(taken, left, left + width)


def _mark(canvas: Canvas, mark: Mark, now: float, floor: float) -> None:
    x = horizon_share(mark.at - now)
    if mark.state == "broken":
        canvas.shape(x, "M-3.5 2.5l7 7m0-7l-7 7", "branch", "broken")
    else:
        canvas.shape(x, f"M0 {floor - 7}l3.5 7h-7z", "sign", mark.state)


def _names(canvas: Canvas, signs: Sequence[tuple[float, str]]) -> None:
    """The words of signs, where no sign, no other words and not the line of now stand in their way."""
    taken = [(NOW_AT, NOW_AT), *((x - 0.012, x + 0.012) for x, _ in signs)]
    for x, label in signs:
        width = (len(label) * 6.5 + 10) / WIDE
        left, right = (x - width, x - 0.0125), (x + 0.0125, x + width)
        sides = [side for side in ((left, right) if x > 0.5 else (right, left)) if side[0] >= 0 and side[1] <= 1]
        free = next((side for side in sides if all(side[1] <= a or side[0] >= b for a, b in taken)), None)
        if free and label:
            taken.append(free)
            anchor, dx = ("end", -8.0) if free is left else ("start", 8.0)
            canvas.text(x, 10, label, "tick halo wide", "broken", anchor=anchor, dx=dx)


def _river(canvas: Canvas, river: Stretch, now: float, middle: float, band: float, *, named: bool) -> None:
    a, b = (
        horizon_share(river.start - now),
        horizon_share((river.end if river.end is not None else now) - now),
    )
    if river.branch:
        _branch(canvas, river, now, middle, band, a, b, named=named)
        return
    cuts = [(a, 1.0), *((horizon_share(moment - now), share) for moment, share in river.shares)]
    for (x, share), until in zip(cuts, [*(c[0] for c in cuts[1:]), b], strict=True):
        deep = max(1.5, band * share)
        canvas.rect(
            x,
            middle - band / 2,
            max(until - x, 0.002),
            deep,
            f"river{' past' if river.past else ''}",
            river.state,
        )
    if a > 0.005 and river.state != "broken":
        canvas.line(a, middle - band / 2 - 4, a, middle + band / 2, "edge")
    if river.state == "broken":
        canvas.shape(a, f"M-3.5 {middle - 3.5}l7 7m0-7l-7 7", "branch", river.state)
    if named and river.name and b - a > 0.06:
        canvas.text(
            a,
            middle - band / 2 - 5,
            river.name,
            "tick" if river.past else "loud",
            dx=4 if a > 0.005 else 0,
        )


def _branch(
    canvas: Canvas,
    river: Stretch,
    now: float,
    middle: float,
    band: float,
    a: float,
    b: float,
    *,
    named: bool,
) -> None:
    top = middle + band / 2 + 5
    cuts = [(horizon_share(moment - now), share) for moment, share in river.shares] or [(a, 0.1)]
    first = max(2.0, band * cuts[0][1])
    canvas.shape(
        a,
        f"M-10 {middle + band / 2 - 1}C0 {middle + band / 2} -10 {top + first / 2} 0 {top + first / 2}",
        "branch",
        river.state,
    )
    for (x, share), until in zip(cuts, [*(c[0] for c in cuts[1:]), b], strict=True):
        canvas.rect(
            x,
            top,
            max(until - x, 0.002),
            max(2.0, band * share) if share else 1.0,
            "river full",
            river.state,
        )
    ended = river.end is not None
    if ended:
        canvas.shape(b, f"M-3.5 {top - 1.5}l7 7m0-7l-7 7", "branch", river.state)
    else:
        canvas.shape(b, f"M-2 {top - 3.5}l8 {3.5 + first / 2}l-8 {3.5 + first / 2}z", "sign", river.state)
    if named:
        beside = ended and b < NOW_AT - 0.14
        side, dx = ("start", 9.0) if beside else ("end", -14.0)
        words = f"{river.name} out" if ended else river.name
        canvas.text(b if beside else a, top + 8, words, "loud halo", river.state, anchor=side, dx=dx)


def _lens(canvas: Canvas, lens: Lens, now: float, floor: float) -> None:
    a, b = horizon_share(lens.start - now), horizon_share(lens.end - now)
    b = max(b, a + 0.004)
    y0, y1, y2 = floor + 15, floor + 33, canvas.height
    canvas.path(
        trace([(a, 22), (a, y0), (0, y1), (0, y2), (1, y2), (1, y1), (b, y0), (b, 22)]) + "z",
        "lens",
    )
    canvas.path(
        trace([(a, 22), (a, y0), (0.0007, y1), (0.0007, y2)]) + trace([(b, 22), (b, y0), (0.9993, y1), (0.9993, y2)]),
        "lens-edge",
    )
    at_now = lens.share(lens.now)
    # Words of now that end at its line reach further to the left than words round it.
    room = 1.5 if at_now > 0.95 else 1.0
    taken: list[float] = []
    for moment in lens.ticks():
        x = lens.share(moment)
        canvas.line(x, y2 - 4, x, y2, "mark")
        if 0.05 < x < 0.95 and abs(x - at_now) > 0.1 * room:
            narrow = abs(x - at_now) > _NARROW_APART * room and all(abs(x - other) > _NARROW_APART for other in taken)
            taken += [x] if narrow else []
            canvas.text(x, y2 - 7, lens.clock(moment), "tick" if narrow else "tick wide", anchor="middle")
    if lens.sees(lens.now):
        x = lens.share(lens.now)
        anchor = "end" if x > 0.95 else "middle"
        canvas.text(
            x,
            y2 - 7,
            lens.clock(lens.now, seconds=True),
            "loud",
            anchor=anchor,
            dx=-3 if anchor == "end" else 0,
        )
        canvas.line(x, y2 - 4, x, y2, "now")
