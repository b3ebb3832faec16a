"""Template filters."""

from django import template
from django.db.models import Manager
from django.templatetags.static import static

from farmersmarket.outbox.models import Notice

register = template.Library()


@register.filter
def euro(cents: int) -> str:
    """450 -> €4.50"""
    return f"€{cents / 100:,.2f}"


@register.filter
def picture(category: str) -> str:
    """The address of a category's drawing."""
    return static(f"market/{category}.svg")


@register.filter
def unread(notices: Manager[Notice]) -> int:
    """How many notices were not read yet."""
    return notices.filter(read=False).count()
