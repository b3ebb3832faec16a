"""Drawings of the control room as SVG text: pure functions, no browser and no JavaScript needed.

A drawing fills the width it is given. Horizontal places are shares of the width (0..1), vertical ones are pixels; curves are
stretched, text and dots are not. Colour comes from classes and `data-state` in charts.css, so a drawing holds no style and
passes a strict Content-Security-Policy.
"""

from golive.kernel.ui.draw.bars import (
    budget,
    calendar,
    gauge,
    gauge_scale,
    spans,
    sparkline,
    traffic,
)
from golive.kernel.ui.draw.evidence import Curve, evidence
from golive.kernel.ui.draw.horizon import Plan, Stretch, horizon, lane
from golive.kernel.ui.draw.plot import Mark, Series, split, time_bars, time_chart
from golive.kernel.ui.draw.rail import Station, track
from golive.kernel.ui.draw.scales import Lens, State

__all__ = [
    "Curve",
    "Lens",
    "Mark",
    "Plan",
    "Series",
    "State",
    "Station",
    "Stretch",
    "budget",
    "calendar",
    "evidence",
    "gauge",
    "gauge_scale",
    "horizon",
    "lane",
    "spans",
    "sparkline",
    "split",
    "time_bars",
    "time_chart",
    "track",
    "traffic",
]
