"""What an app keeps to itself: one function of its own over every text that leaves in logs and spans."""

from collections.abc import Callable

_scrub: Callable[[str], str] = str


def hide(scrub: Callable[[str], str]) -> None:
    r"""Sends each text of a log line or span through ``scrub``, which must not raise.

    These are messages, extras, attributes and exceptions. For what may be used by whoever reads it, such as addresses
    that need no login: ``golive_app.hide(lambda text: re.sub(r"/shared/\w+", "/shared/...", text))``.
    """
    global _scrub  # noqa: PLW0603
    _scrub = scrub


def clean(text: str) -> str:
    """``text`` as it may leave."""
    return _scrub(text)


def cleaned(value: object) -> object:
    """A value with every text in it as it may leave; what JSON has no word for becomes text."""
    if isinstance(value, dict):
        return {str(key): cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else clean(str(value))
