"""Amounts of money for people."""


def euro(cents: int) -> str:
    """450 -> €4.50"""
    return f"€{cents / 100:,.2f}"
