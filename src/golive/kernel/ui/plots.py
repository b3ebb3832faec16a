"""A drawing together with the readings under it, which the browser's crosshair reads out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from golive.kernel.ui.draw import Lens, Series, State

ROUND_TO = 4


@dataclass(frozen=True)
class Plot:
    """`svg` comes from golive.kernel.ui.draw. `unit` is percent (values 0..100), ms, count, rate or evidence.

    `zoom` is the page's own address: dragging adds from and to (epoch seconds) to it. `explore` is where a click leads, with
    the same two added for the minute clicked on. Empty: neither.
    """

    svg: str
    lens: Lens
    series: Sequence[Series] = ()
    unit: str = "count"
    zoom: str = ""
    explore: str = ""

    @property
    def readings(self) -> str:
        """JSON for the crosshair: `{from, to, shift, unit, lines: [{name, state, at: [[t, v], …]}]}`."""
        return json.dumps(
            {
                "from": self.lens.start,
                "to": self.lens.end,
                "shift": _shift(self.lens),
                "unit": self.unit,
                "lines": [_line(one.name, one.state, one.readings) for one in self.series],
            },
            separators=(",", ":"),
        )


def _line(name: str, state: State | None, readings: Sequence[tuple[float, float | None]]) -> dict[str, object]:
    return {
        "name": name,
        "state": state or "",
        "at": [[round(t, 2), None if v is None else float(f"{v:.{ROUND_TO}g}")] for t, v in readings],
    }


def _shift(lens: Lens) -> float:
    offset = datetime.fromtimestamp(lens.now, lens.zone).utcoffset()
    return offset.total_seconds() if offset else 0.0
