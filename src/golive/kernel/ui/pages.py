"""The style guide: every component in every state. It is also what the accessibility tests look at."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from golive.kernel.access.http import page
from golive.kernel.ui import draw, samples
from golive.kernel.ui.parts import Crumb


@require_GET
@page()
def style_guide(request: HttpRequest) -> HttpResponseBase:
    """Show all components."""
    return render(request, "ui/guide.html", guide_context())


def guide_context() -> dict[str, object]:
    """What the style guide shows."""
    return {
        "crumbs": [Crumb("Style guide")],
        "now": samples.NOW,
        "states": [(state, samples.MEANS[state]) for state in samples.STATES],
        "rails": [(kind, samples.rail(kind)) for kind in ("canary", "waiting", "rolled back")],
        "horizon": samples.horizon(),
        "horizon_broken": samples.horizon(broken=True),
        "split": samples.split(),
        "lines": samples.lines(),
        "promised": samples.promised(),
        "bars": samples.bars(),
        "evidence_calm": samples.evidence_calm(),
        "evidence_alarmed": samples.evidence_alarmed(),
        "shares": list(samples.SHARES.items()),
        "sparks": [(state, samples.spark(seed)) for seed, state in enumerate((None, *samples.STATES))],
        "budgets": [(0.71, 0.63), (0.18, 0.63), (0.0, 0.63), (0.94, None)],
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
        "lane": draw.lane(samples.T, samples.rivers(), plans=[samples.T + 42, samples.T + 3600]),
    }
