"""Charts on the page's ruler: curves, bars, and who serves. All share one lens, so one crosshair reads them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from golive.kernel.ui import words
from golive.kernel.ui.draw.canvas import Canvas, Point, trace
from golive.kernel.ui.draw.scales import NARROW, WIDE, Lens, State, claim, round_top

HEADROOM = 18.0  # px over the bars for the words of the axis
RULER = 18.0  # px under the bars for the moments
EDGE = 0.06  # share of the width at either end where the words of a moment would be cut
AXIS = 0.15  # share of the width that the words of an axis need
Reading = tuple[float, float | None]  # (epoch seconds, value); None ends a stretch: nothing was measured


@dataclass(frozen=True)
class Series:
    """One line of a chart. Hue is state, never series: without a state a line is ink."""

    name: str
    readings: Sequence[Reading]
    state: State | None = None
    thin: bool = False
    area: bool = False


@dataclass(frozen=True)
class Mark:
    """A deploy, step, flag or incident at epoch seconds `at`, drawn on every chart."""

    at: float
    label: str = ""
    state: State | None = None


@dataclass(frozen=True)
class Frame:
    """A chart that has its ground: what is planned, the round moments, the marks, now."""

    canvas: Canvas
    lens: Lens
    marks: Sequence[Mark] = field(default=())
    floor: float = 0.0  # where a ruler begins, 0 without one

    @property
    def height(self) -> float:
        return self.floor or self.canvas.height

    def ruler(self) -> None:
        """The round moments in words, under the chart; every other one only where there is room."""
        for index, moment in enumerate(self.lens.ticks()):
            x = self.lens.share(moment)
            if EDGE < x < 1 - EDGE:
                classes = "tick wide" if index % 2 else "tick"
                self.canvas.text(x, self.canvas.height - 4, self.lens.clock(moment), classes, anchor="middle")

    def ground(self, *, label_marks: bool) -> None:
        height = self.height
        if self.lens.sees(self.lens.now):
            now = self.lens.share(self.lens.now)
            self.canvas.rect(now, 0, 1 - now, height, "future")
        for moment in self.lens.ticks():
            x = self.lens.share(moment)
            self.canvas.line(x, 0, x, height, "grid")
        seen = [mark for mark in self.marks if self.lens.sees(mark.at)]
        for mark in seen:
            x = self.lens.share(mark.at)
            self.canvas.line(x, 0, x, height, "mark", mark.state)
        if label_marks:
            self._names(sorted((m for m in seen if m.label), key=lambda m: (m.state != "broken", m.at)))

    def _names(self, marks: Sequence[Mark]) -> None:
        """Words beside the marks, what is broken first, after all lines so that none strikes them out."""
        # over bars the words of the axis begin the row
        taken: dict[float, list[tuple[float, float]]] = {w: [(0.0, AXIS)] if self.floor else [] for w in (WIDE, NARROW)}
        for mark in marks:
            x = self.lens.share(mark.at)
            late = x > 0.68
            rooms = {width: (len(mark.label) * 7 + 8) / width for width in taken}
            spans = {width: (x - room, x) if late else (x, x + room) for width, room in rooms.items()}
            if not claim(taken[WIDE], *spans[WIDE]):
                continue
            y, anchor = 11.0 if self.floor else self.height - 7, "end" if late else "start"
            classes = "tick halo" if claim(taken[NARROW], *spans[NARROW]) and not self.floor else "tick wide halo"
            self.canvas.text(x, y, mark.label, classes, mark.state, anchor=anchor, dx=-4 if late else 4)

    def now(self) -> None:
        if self.lens.sees(self.lens.now):
            x = self.lens.share(self.lens.now)
            self.canvas.line(x, 0, x, self.height, "now")


def stretches(
    points: Iterable[tuple[float, float | None]], place: Callable[[float, float], Point]
) -> list[list[Point]]:
    """Splits readings where nothing was measured; a stretch of one point stays, as a dot."""
    runs: list[list[Point]] = [[]]
    for moment, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(place(moment, value))
    return [run for run in runs if run]


def time_chart(
    lens: Lens,
    series: Sequence[Series],
    *,
    label: str,
    say: Callable[[float], str] = words.count,
    top: float | None = None,
    limit: tuple[float, str] | None = None,
    marks: Sequence[Mark] = (),
    height: float = 62,
) -> str:
    """Lines over time. `say` turns a value of the axis into words with its unit; `limit` is (value, words) of a promise."""
    measured = [v for s in series for _, v in s.readings if v is not None]
    ceiling = top or round_top(max([*measured, (limit[0] * 1.15 if limit else 0), 1e-9]))
    canvas = Canvas(height, label)
    frame = Frame(canvas, lens, marks)
    frame.ground(label_marks=height >= 90)

    def place(moment: float, value: float) -> Point:
        return lens.share(moment), height - 2 - min(value, ceiling) / ceiling * (height - 6)

    if limit:
        y = place(lens.start, limit[0])[1]
        canvas.line(0, y, 1, y, "limit")
    canvas.line(0, height - 0.5, 1, height - 0.5, "base")
    frame.now()
    for one in series:
        _line(canvas, one, place)
    # Words last, so that no curve strikes them out.
    if limit:
        canvas.text(0, place(lens.start, limit[0])[1] - 4, limit[1], "tick halo", dx=4)
    canvas.text(_clear(lens), 13, words.axis(say(ceiling)), "tick halo", anchor="end", dx=-4)
    return canvas.svg()


def _clear(lens: Lens) -> float:
    """Where the words of the axis end: the right edge, or left of a now that stands close to it."""
    now = lens.share(lens.now)
    return now if 0.85 < now < 0.999 else 1.0


def _line(canvas: Canvas, one: Series, place: Callable[[float, float], Point]) -> None:
    runs = stretches(one.readings, place)
    thin = " thin" if one.thin else ""
    for run in runs:
        if one.area and len(run) > 1:
            floor = canvas.height
            canvas.path(trace([(run[0][0], floor), *run, (run[-1][0], floor)]) + "z", "area", one.state)
        canvas.curve(run, f"curve{thin}", one.state)
    if runs:
        x, y = runs[-1][-1]
        canvas.dot(min(x, 1), y, 2 if one.thin else 3, "end", one.state)


def time_bars(
    lens: Lens,
    counts: Sequence[tuple[float, float, float]],
    step: float,
    *,
    label: str,
    marks: Sequence[Mark] = (),
    height: float = 76,
) -> str:
    """Bars of `step` seconds: (start, all, failed among them), failed on top in red, over a ruler of moments."""
    canvas = Canvas(height + RULER, label)
    frame = Frame(canvas, lens, marks, floor=height)
    frame.ground(label_marks=True)
    ceiling = max([total for _, total, _ in counts] or [1]) or 1
    width = step / (lens.end - lens.start)
    for start, total, failed in counts:
        whole, bad = (v / ceiling * (height - HEADROOM) for v in (total, failed))
        bad = max(bad, 2.0) if failed else 0.0
        x = lens.share(start) + width * 0.08
        canvas.rect(x, height - whole + bad, width * 0.84, whole - bad, "bar")
        canvas.rect(x, height - whole, width * 0.84, bad, "bar", "broken")
    canvas.line(0, height - 0.5, 1, height - 0.5, "base")
    top = f"{words.count(ceiling)} in {words.duration(step)}"
    canvas.text(0, 11, top, "tick halo")
    canvas.line(0, HEADROOM, 1, HEADROOM, "grid")
    frame.now()
    frame.ruler()
    return canvas.svg()


def split(
    lens: Lens,
    cuts: Sequence[tuple[float, float]],
    *,
    old: str,
    new: str,
    label: str,
    state: State = "moving",
    marks: Sequence[Mark] = (),
    height: float = 46,
) -> str:
    """Who serves over time. `cuts` are (moment, share of the new release from then on); moments after now are planned."""
    canvas = Canvas(height, label)
    frame = Frame(canvas, lens, marks)
    frame.ground(label_marks=False)
    ends = [*(moment for moment, _ in cuts[1:]), lens.end]
    for (start, share), end in zip(cuts, ends, strict=True):
        for a, b, soon in ((start, min(end, lens.now), ""), (max(start, lens.now), end, " soon")):
            x, until = max(0.0, lens.share(a)), min(1.0, lens.share(b))
            deep = max(3.0, (height - 2) * share) if share else 0.0
            canvas.rect(
                x,
                0,
                until - x,
                (height - 2 - deep) if share < 1 else 0,
                f"river old{soon}",
                "serving",
            )
            canvas.rect(x, height - 1 - deep, until - x, deep, f"river {'soon' if soon else 'full'}", state)
    first = next((moment for moment, share in cuts if share), None)
    if cuts and cuts[0][1] < 1 and old:
        canvas.text(0, 18, old, "loud", dx=5)
    if first is not None and lens.sees(first):
        x = lens.share(first)
        canvas.text(
            x,
            height - 13,
            new,
            "loud wide",
            anchor="end" if x > 0.7 else "start",
            dx=-5 if x > 0.7 else 5,
        )
    frame.now()
    return canvas.svg()
