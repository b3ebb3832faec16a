"""`{% load statuspage %}`: how the state of components and incidents looks, and the words of their users for it."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from golive.kernel.ui import draw, words
from golive.respond.statuspage.domain import DAYS, Bar, Health

register = template.Library()

_LOOKS: dict[Health, draw.State] = {
    Health.OPERATIONAL: "serving",
    Health.MAINTENANCE: "moving",
    Health.DEGRADED: "suspicious",
    Health.OUTAGE: "broken",
}
_WORKS = {
    Health.OPERATIONAL: "works",
    Health.MAINTENANCE: "maintenance",
    Health.DEGRADED: "some see errors",
    Health.OUTAGE: "does not work",
}
_TOLD = {
    "investigating": "being looked into",
    "identified": "being worked on",
    "mitigated": "works again",
    "resolved": "over",
}


@register.filter
def health_state(health: Health) -> draw.State:
    """The look of a component's health."""
    return _LOOKS[health]


@register.filter
def health_words(health: Health) -> str:
    """A component's health as its users would say it."""
    return _WORKS[health]


@register.filter
def told_words(state: str) -> str:
    """The state of an incident as the public hears it."""
    return _TOLD.get(state, state)


@register.filter
def day_states(bars: Sequence[Bar]) -> list[draw.State]:
    """The last days of a component for `{% calendar %}`; those before it came are unknown."""
    before: list[draw.State] = ["unknown"] * (DAYS - len(bars))
    return before + [health_state(bar.health) for bar in bars]


@register.filter
def days_words(bars: Sequence[Bar]) -> str:
    """Over how many days a figure was measured: `in 90 days`, `today`."""
    return f"in {words.plural(len(bars), 'day')}" if len(bars) > 1 else "today"
