"""The style guide: every component in every state. It is also what the accessibility tests look at.

Who may see it is said where its address is given: people log in by pages that are made of these components.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from golive.kernel.ui import draw, sample_charts, samples


@require_GET
def style_guide(request: HttpRequest) -> HttpResponseBase:
    """Show all components."""
    return render(request, "ui/guide.html", guide_context())


@require_GET
def rooms(request: HttpRequest) -> HttpResponseBase:
    """Show the rooms with their hints as they are now, for a page that is open."""
    return render(request, "ui/rooms.html")


def guide_context() -> dict[str, object]:
    """What the style guide shows."""
    return {
        "now": sample_charts.NOW,
        "states": [(state, sample_charts.MEANS[state]) for state in sample_charts.STATES],
        "rails": [(kind, sample_charts.rail(kind)) for kind in ("canary", "waiting", "rolled back")],
        "horizon": sample_charts.horizon(),
        "horizon_broken": sample_charts.horizon(broken=True),
        "split": sample_charts.split(),
        "lines": sample_charts.lines(),
        "promised": sample_charts.promised(),
        "bars": sample_charts.bars(),
        "evidence_calm": sample_charts.evidence_calm(),
        "evidence_alarmed": sample_charts.evidence_alarmed(),
        "shares": list(samples.SHARES.items()),
        "sparks": [(state, sample_charts.spark(seed)) for seed, state in enumerate((None, *sample_charts.STATES))],
        "budgets": [0.94, 0.71, 0.18, 0.0],
        "gauges": [(0.63, "moving"), (26.0, "suspicious"), (420.0, "broken")],
        "acts": samples.ACTS,
        "needs": samples.NEEDS,
        "moments": samples.MOMENTS,
        "empties": samples.EMPTIES,
        "spans": samples.SPANS,
        "log": samples.LOG,
        "patterns": samples.PATTERNS,
        "chips": samples.CHIPS,
        "tabs": samples.TABS,
        "calendar": samples.CALENDAR,
        "diff": samples.DIFF.splitlines(),
        "code": samples.CODE,
        "lane": draw.lane(
            sample_charts.T, sample_charts.rivers(), plans=[sample_charts.T + 42, sample_charts.T + 3600]
        ),
    }
