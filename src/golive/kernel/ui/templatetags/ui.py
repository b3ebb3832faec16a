"""`{% load ui %}`: words for figures, drawings, and the components that take more than a class."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from golive.kernel.clock import system
from golive.kernel.ui import draw, words
from golive.kernel.ui.draw.bars import Part
from golive.kernel.ui.glyphs import GLYPHS
from golive.kernel.ui.parts import (
    Act,
    Chip,
    Empty,
    LogLine,
    Moment,
    Need,
    Pattern,
    Question,
    Span,
    Staff,
    Step,
    Tab,
)
from golive.kernel.ui.plots import Plot

register = template.Library()
STYLES = Path(__file__).parents[1] / "static" / "ui"

for _name, _filter in (
    ("count", words.count),
    ("rate", words.rate),
    ("percent", words.percent),
    ("milliseconds", words.milliseconds),
    ("size", words.size),
    ("duration", words.duration),
    ("countdown", words.countdown),
    ("evidence", words.evidence),
):
    register.filter(_name, _filter)


@register.filter
def plural(value: int, forms: str) -> str:
    """`{{ n|plural:"commit" }}` or `{{ n|plural:"entry,entries" }}`."""
    one, _, many = forms.partition(",")
    return words.plural(value, one, many)


ACTS = {"oncall.changed": "on-call list changed", "oncall.contacts-changed": "on-call contacts changed"}
ROOMS = {"rel_": "/releases/", "inc_": "/incidents/"}
HEX = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{20,}\b")


@register.filter
def act_words(action: str) -> str:
    """The name of an act or event as words: `login_link.created` is `login link created`."""
    return ACTS.get(action) or action.replace(".", " ").replace("_", " ").replace("-", " ")


@register.filter
def subject_path(subject: str) -> str:
    """Where the thing stands that an act was about, "" for what has no page of its own."""
    return f"{ROOMS[subject[:4]]}{subject}" if subject[:4] in ROOMS else ""


@register.filter
def fact_words(value: Any) -> str:
    """A fact of an act: a list as words, of a long digest the beginning."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return HEX.sub(r"\1…", str(value))


@register.simple_tag(takes_context=True)
def ago(context: Context, moment: datetime | None) -> str:
    """How long since, with the exact moment on hover; the page's `now` when it has one."""
    if moment is None:
        return words.UNKNOWN
    now = context.get("now") or system.now()
    return _time(moment, words.ago(moment, now), live="ago")


@register.simple_tag
def clock(moment: datetime | None) -> str:
    """`14:32:08`, with the whole moment on hover."""
    return words.UNKNOWN if moment is None else _time(moment, words.clock(localtime(moment)))


@register.simple_tag
def day(moment: datetime | None) -> str:
    """`Thu 19 Nov, 14:32`, with the whole moment on hover."""
    if moment is None:
        return words.UNKNOWN
    at = localtime(moment)
    return _time(moment, f"{at:%a} {at.day} {at:%b, %H:%M}")


def _time(moment: datetime, said: str, *, live: str = "") -> SafeString:
    at = localtime(moment)
    keep = format_html(' data-{}=""', live) if live else ""
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        at.isoformat(timespec="seconds"),
        words.exact(at),
        keep,
        said,
    )


@register.simple_tag
def left(seconds: float) -> str:
    """A countdown that runs on in the browser."""
    return format_html('<span class="num" data-countdown="{}">{}</span>', round(seconds), words.countdown(seconds))


@register.simple_tag
def glyph(name: str) -> str:
    """A line glyph; the word beside it is its name."""
    return format_html(
        '<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>',
        GLYPHS[name],
    )


@register.simple_tag
def dot(state: str | None = None, live: bool = False) -> str:
    """The sign of a state; without a state the sign of an act."""
    if not state:
        return mark_safe('<i class="dot act"></i>')
    return format_html('<i class="dot{}" data-state="{}"></i>', " live" if live else "", state)


@register.simple_tag
def badge(said: str, state: str | None = None, live: bool = False) -> str:
    """A state in a word; without a state a fact with an edge."""
    if not state:
        return format_html('<span class="badge edge">{}</span>', said)
    return format_html('<span class="badge" data-state="{}">{}{}</span>', state, dot(state, live), said)


def _drawn(svg: str) -> SafeString:
    return mark_safe(svg)  # noqa: S308  Canvas escapes every word it is given


@register.simple_tag
def sparkline(values: Sequence[float | None], state: draw.State | None = None) -> str:
    """See draw.sparkline."""
    return _drawn(draw.sparkline(values, state=state))


@register.simple_tag
def budget(left_share: float) -> str:
    """See draw.budget."""
    return _drawn(draw.budget(left_share))


@register.simple_tag
def gauge(value: float, state: draw.State | None = None) -> str:
    """See draw.gauge."""
    return _drawn(draw.gauge(value, state=state))


@register.simple_tag
def gauge_scale() -> str:
    """See draw.gauge_scale."""
    return _drawn(draw.gauge_scale())


@register.simple_tag
def traffic(parts: Sequence[Part]) -> str:
    """See draw.traffic."""
    return _drawn(draw.traffic(parts))


@register.simple_tag
def calendar(days: Sequence[draw.State], label: str) -> str:
    """See draw.calendar."""
    return _drawn(draw.calendar(days, label=label))


@register.simple_tag
def drawing(svg: str) -> str:
    """A drawing made by golive.kernel.ui.draw."""
    return _drawn(svg)


@register.simple_tag
def track(station: draw.Station) -> str:
    """See draw.track."""
    return _drawn(draw.track(station))


@register.simple_tag
def span_bar(span: Span) -> str:
    """The bar of one span in a waterfall."""
    return _drawn(draw.spans(span.start, span.width, kind=span.kind, state=span.state))


@register.filter
def times(number: int) -> range:
    """`{% for _ in n|times %}`."""
    return range(number)


@register.inclusion_tag("ui/parts/plot.html")
def plot(chart: Plot | None) -> dict[str, Any]:
    """A chart with its crosshair; without a chart the words that nothing was measured."""
    return {"plot": chart}


@register.inclusion_tag("ui/parts/rail.html")
def rail(stations: Sequence[draw.Station]) -> dict[str, Any]:
    """The way of a release."""
    return {"stations": stations}


@register.inclusion_tag("ui/parts/timeline.html", takes_context=True)
def timeline(context: Context, moments: Sequence[Moment], relative: bool = False) -> dict[str, Any]:
    """What happened, in plain sentences."""
    return {"moments": moments, "relative": relative, "now": context.get("now")}


@register.inclusion_tag("ui/parts/needs.html")
def needs(items: Sequence[Need]) -> dict[str, Any]:
    """What asks for a person."""
    return {"needs": items}


@register.inclusion_tag("ui/parts/empty.html")
def nothing(what: Empty) -> dict[str, Any]:
    """Nothing here yet."""
    return {"empty": what}


@register.inclusion_tag("ui/parts/steps.html")
def steps(items: Sequence[Step]) -> dict[str, Any]:
    """What to do first, one after the other."""
    return {"steps": items}


@register.inclusion_tag("ui/parts/acts.html", takes_context=True)
def acts(context: Context, items: Sequence[Act]) -> dict[str, Any]:
    """Buttons; those with consequences open their dialog (see `dialogs`)."""
    return {"acts": items, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/parts/dialogs.html", takes_context=True)
def dialogs(context: Context, items: Sequence[Act]) -> dict[str, Any]:
    """The confirmations of acts, outside the part of a page that is replaced while it lives."""
    return {"acts": [a for a in items if a.question], "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/parts/tabs.html")
def tabs(items: Sequence[Tab], label: str) -> dict[str, Any]:
    """Parts of a page, as links."""
    return {"tabs": items, "label": label}


@register.inclusion_tag("ui/parts/chips.html")
def chips(items: Sequence[Chip]) -> dict[str, Any]:
    """Filters in force."""
    return {"chips": items}


@register.inclusion_tag("ui/parts/waterfall.html")
def waterfall(spans: Sequence[Span], total_ms: float) -> dict[str, Any]:
    """The spans of a trace."""
    return {"spans": spans, "scale": [total_ms * quarter / 4 for quarter in range(4)]}


@register.inclusion_tag("ui/parts/log.html")
def log(lines: Sequence[LogLine]) -> dict[str, Any]:
    """Log lines, newest first."""
    return {"lines": lines}


@register.inclusion_tag("ui/parts/patterns.html")
def patterns(items: Sequence[Pattern]) -> dict[str, Any]:
    """Log patterns with their counts."""
    return {"patterns": items}


@register.filter
def diff_class(line: str) -> str:
    """Class of a line of a unified diff."""
    return {"+": "add", "-": "del", "@": "at"}.get(line[:1], "same")


@register.filter
def diff_text(line: str) -> str:
    """A diff line without its sign, which the style draws."""
    return line[1:] if line[:1] in "+- " else line


@register.inclusion_tag("ui/parts/staff.html")
def staff(row: Staff) -> dict[str, Any]:
    """A row of the score."""
    return {"staff": row}


@register.inclusion_tag("ui/parts/questions.html")
def questions(items: Sequence[Question]) -> dict[str, Any]:
    """The judge's streams as questions."""
    return {"questions": items}


@register.simple_tag
def stylesheets(*names: str) -> SafeString:
    """The text of our own style sheets, for a page that may load nothing."""
    return _drawn("".join(Path(f"{STYLES}/{name}").read_text() for name in names))
