"""The rail of a release: its states are stations, the track between two is as thick as the traffic it carried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from golive.kernel.ui.draw.canvas import Canvas
from golive.kernel.ui.draw.scales import State

Pass = Literal["done", "here", "to"]


@dataclass(frozen=True)
class Station:
    """A state that the release passes.

    `at` is when it was reached, `detail` a word below it (`10 %`), `share` the traffic carried from
    here on, `progress` how far the way to the next station is (0..1) for the one it stands at.
    """

    name: str
    passed: Pass
    at: datetime | None = None
    detail: str = ""
    state: State | None = None
    share: float = 0.0
    progress: float = 0.0
    last: bool = False


_ARROW = "M0 4h12.4L20 12l-7.6 8H0z"
_CROSS = "M0 8.600L3.400 5.200L7 8.800L10.600 5.200L14 8.600L10.400 12.200L14 15.800L10.600 19.200L7 15.600L3.400 19.200L0 15.800L3.600 12.200z"
_DIAMOND = "M8 4l8 8l-8 8l-8-8z"
_ROUND = "M0 12a7 7 0 1 1 14 0a7 7 0 1 1-14 0z"


def track(station: Station) -> str:
    """The drawing above a station's words: its sign and the track to the next one."""
    canvas = Canvas(24, classes="track-piece")
    thick = " thick" if station.share >= 0.5 else " mid" if station.share > 0 else ""
    if not station.last:
        if station.passed == "done":
            canvas.line(0, 12, 1, 12, f"track{thick}", station.state)
        else:
            canvas.line(0, 12, 1, 12, "track to")
        if station.passed == "here" and station.progress:
            canvas.line(0, 12, min(station.progress, 1.0), 12, f"track{thick or ' mid'}", station.state)
    if station.passed == "here":
        sign = {"broken": _CROSS, "suspicious": _DIAMOND, "serving": _ROUND}.get(station.state or "", _ARROW)
        canvas.shape(0, sign, "station", station.state)
    else:
        canvas.shape(
            0,
            "M0 12a4.500 4.500 0 1 1 9 0a4.500 4.500 0 1 1-9 0z",
            "station" if station.passed == "done" else "station to",
            station.state,
        )
    return canvas.svg()
