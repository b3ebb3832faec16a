"""An SVG that fills its width: curves stretch with it, text and dots keep their size.

Shares of the width become percentages, which SVG accepts for places but not in paths; so each path is a nested SVG with
`preserveAspectRatio="none"`, and its strokes do not scale (charts.css).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Point = tuple[float, float]  # (share of the width, y in px)
PERMILLE = 1000


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def _share(value: float) -> str:
    return f"{_number(value * 100)}%"


def trace(points: Iterable[Point]) -> str:
    """Path data through the points, in the stretched coordinates of `Canvas.path`."""
    return "M" + "L".join(f"{_number(x * PERMILLE)} {_number(y)}" for x, y in points)


class Canvas:
    """Collects elements in painting order. `label` is what a reader who cannot see the drawing is told; empty hides it from them."""

    def __init__(self, height: float, label: str = "", classes: str = "") -> None:
        self.height = height
        self._label = label
        self._classes = f"drawing {classes}".strip()
        self._parts: list[str] = []

    def _put(self, tag: str, classes: str, state: str | None, body: str = "", **attributes: str) -> None:
        given = "".join(f' {name}="{value}"' for name, value in attributes.items())
        mood = f' data-state="{escape(state)}"' if state else ""
        self._parts.append(f'<{tag} class="{escape(classes)}"{mood}{given}>{body}</{tag}>')

    def path(self, data: str, classes: str, state: str | None = None) -> None:
        """A stretched path; `data` runs 0..1000 across and in px down (see `trace`)."""
        h = _number(self.height)
        self._parts.append(f'<svg viewBox="0 0 {PERMILLE} {h}" width="100%" height="{h}" preserveAspectRatio="none">')
        self._put("path", classes, state, d=data)
        self._parts.append("</svg>")

    def curve(self, points: Sequence[Point], classes: str, state: str | None = None) -> None:
        if len(points) > 1:
            self.path(trace(points), classes, state)

    def line(self, x1: float, y1: float, x2: float, y2: float, classes: str, state: str | None = None) -> None:
        self._put("line", classes, state, x1=_share(x1), y1=_number(y1), x2=_share(x2), y2=_number(y2))

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        classes: str,
        state: str | None = None,
    ) -> None:
        if width > 0 and height > 0:
            self._put(
                "rect",
                classes,
                state,
                x=_share(x),
                y=_number(y),
                width=_share(width),
                height=_number(height),
            )

    def dot(self, x: float, y: float, radius: float, classes: str, state: str | None = None) -> None:
        self._put("circle", classes, state, cx=_share(x), cy=_number(y), r=_number(radius))

    def shape(self, x: float, data: str, classes: str, state: str | None = None) -> None:
        """An unstretched path whose own x = 0 stands at share `x`."""
        self._parts.append(f'<svg x="{_share(x)}" overflow="visible">')
        self._put("path", classes, state, d=data)
        self._parts.append("</svg>")

    def block(
        self,
        x: float,
        left: float,
        y: float,
        width: float,
        height: float,
        classes: str,
        state: str | None = None,
    ) -> None:
        """An unstretched rectangle of px width whose left edge is `left` px from share `x`."""
        data = f"M{_number(left)} {_number(y)}h{_number(width)}v{_number(height)}h{_number(-width)}z"
        self.shape(x, data, classes, state)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        classes: str = "tick",
        state: str | None = None,
        *,
        anchor: str = "start",
        dx: float = 0,
    ) -> None:
        self._put(
            "text", classes, state, escape(words), x=_share(x), y=_number(y), dx=_number(dx), **{"text-anchor": anchor}
        )

    def svg(self) -> str:
        seen = f'role="img" aria-label="{escape(self._label)}"' if self._label else 'aria-hidden="true"'
        body = "".join(self._parts)
        return f'<svg class="{escape(self._classes)}" width="100%" height="{_number(self.height)}" {seen}>{body}</svg>'
