"""Template filters."""

from django import template
from django.templatetags.static import static

register = template.Library()


@register.filter
def euro(cents: int) -> str:
    """450 -> €4.50"""
    return f"€{cents / 100:,.2f}"


@register.filter
def picture(category: str) -> str:
    """The address of a category's drawing."""
    return static(f"market/{category}.svg")
