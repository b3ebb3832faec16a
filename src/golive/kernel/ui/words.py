"""Numbers, spans of time and moments as a person would say them.

Every figure carries its unit, joined by a no-break space. Missing values are an en dash: unknown is not zero.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

NBSP = "\u00a0"
UNKNOWN = "\u2013"

MINUTE, HOUR, DAY = 60, 3600, 86400
_IDLE = re.compile(r"(?:\.0+|(\.\d*?[1-9])0+)(?!\d)")


def count(value: float | None) -> str:
    """A number of things: `1,284`, `48,310`, `1.3 million`."""
    if value is None:
        return UNKNOWN
    if abs(value) >= 1e9:
        return f"{value / 1e9:.1f}{NBSP}billion"
    if abs(value) >= 1e6:
        return f"{value / 1e6:.1f}{NBSP}million"
    return f"{round(value):,}"


def plural(value: int, one: str, many: str = "") -> str:
    """`1 commit`, `9 commits`; `many` for words whose plural is not an added s."""
    return f"{count(value)}{NBSP}{one if value == 1 else many or one + 's'}"


def rate(per_second: float | None) -> str:
    """Things per second, without the unit, which the column names: `38.4`, `0.2`, `1,204`."""
    if per_second is None:
        return UNKNOWN
    if per_second == 0:
        return "0"
    if per_second < 0.05:
        return "<0.1"
    return f"{per_second:.1f}" if per_second < 100 else f"{per_second:,.0f}"


def percent(share: float | None) -> str:
    """A share of 0..1 as `0.19 %`, `15.9 %`, `99.98 %`. What is not all never reads as 100 %, what is not nothing never as 0 %."""
    if share is None:
        return UNKNOWN
    value = share * 100
    if value in (0, 100):
        return f"{value:.0f}{NBSP}%"
    if 0 < value < 0.01:
        return f"<0.01{NBSP}%"
    if 99 < value < 100:
        return f"{min(value, 99.99):.2f}{NBSP}%"
    if abs(value) < 1:
        return f"{value:.2f}{NBSP}%"
    return f"{value:.1f}".removesuffix(".0") + f"{NBSP}%"


def milliseconds(value: float | None) -> str:
    """A latency given in milliseconds: `4.2 ms`, `142 ms`, `2.04 s`, `1 min 12 s`."""
    if value is None:
        return UNKNOWN
    if value < 10:
        return f"{value:.1f}".removesuffix(".0") + f"{NBSP}ms"
    if value < 1000:
        return f"{value:.0f}{NBSP}ms"
    if value < 10_000:
        return f"{value / 1000:.2f}{NBSP}s"
    return duration(value / 1000)


def axis(said: str) -> str:
    """A round figure at the end of an axis, without its idle noughts: `25/s` of `25.0/s`, `2.5 s` of `2.50 s`."""
    return _IDLE.sub(r"\1", said)


def size(octets: float | None) -> str:
    """Bytes in decimal units: `412 KB`, `1.4 GB`."""
    if octets is None:
        return UNKNOWN
    value, units = float(octets), ["bytes", "KB", "MB", "GB", "TB"]
    while abs(value) >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    whole = units[0] == "bytes" or value >= 10
    shown = f"{value:.0f}" if whole else f"{value:.1f}".removesuffix(".0")
    return f"{shown}{NBSP}{units[0]}"


def duration(span: float | timedelta | None) -> str:
    """A length of time in at most two units: `0.4 s`, `12 s`, `1 min 45 s`, `3 h 37 min`, `6 days`."""
    if span is None:
        return UNKNOWN
    seconds = span.total_seconds() if isinstance(span, timedelta) else float(span)
    if seconds < 0:
        return duration(-seconds)
    if seconds < 9.95:
        return f"{seconds:.1f}".removesuffix(".0") + f"{NBSP}s"
    whole = round(seconds)
    for unit, word, smaller, small_word in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole < unit:
            continue
        if unit == DAY and whole >= 2 * DAY:
            return f"{round(whole / DAY)}{NBSP}days"
        big, rest = divmod(whole, unit)
        small = rest // smaller
        return f"{big}{NBSP}{word}" + (f" {small}{NBSP}{small_word}" if small else "")
    return f"{whole}{NBSP}s"


def countdown(seconds: float) -> str:
    """`0:42`, `12:05`, `1:00:00`; nothing left is `0:00`."""
    left = max(0, round(seconds))
    minutes, rest = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ago(moment: datetime, now: datetime) -> str:
    """How long since, or until: `now`, `16 min ago`, `6 days ago`, `in 3 h`. One unit: the exact moment belongs in the hover."""
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "now"
    said = _one_unit(abs(seconds))
    return f"{said} ago" if seconds > 0 else f"in {said}"


def _one_unit(seconds: float) -> str:
    for unit, word in ((DAY, "day"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            whole = int(seconds // unit)
            return f"{whole}{NBSP}{word}" + ("s" if word == "day" and whole > 1 else "")
    return f"{int(seconds)}{NBSP}s"


def clock(moment: datetime) -> str:
    """`14:32:08` in the zone the moment carries."""
    return f"{moment:%H:%M:%S}"


def exact(moment: datetime) -> str:
    """For the hover: `Thu 19 Nov 2026, 14:32:08 CET`."""
    return f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M:%S} {moment:%Z}".rstrip()


def stamp(seconds: float) -> datetime:
    """Epoch seconds to an aware UTC moment."""
    return datetime.fromtimestamp(seconds, UTC)


_PLACE = re.compile(r'"[^"\n]*/app/(?:\.venv/lib/python[\d.]+/site-packages/)?')
_CARETS = re.compile(r"\n\s*[\^~]+(?=\n|$)")
LONGEST_TRACEBACK = 6000


def traceback(text: str) -> str:
    """A stack as its author knows it: paths from the repository on, no marks below the lines, its end when it is long."""
    return _CARETS.sub("", _PLACE.sub('"', text))[-LONGEST_TRACEBACK:]


GLANCE = 140  # characters that are read at a glance


def news(text: str, room: int = GLANCE) -> tuple[str, str]:
    """The first sentence of a text that has no room, and the rest, which explains it; else all is news."""
    first, _, rest = text.partition(". ")
    return (f"{first}.", rest) if rest and len(text) > room else (text, "")


def begun(text: str) -> str:
    """What of a text is read at a glance, up to a whole word."""
    return text if len(text) <= GLANCE else f"{text[:GLANCE].rpartition(' ')[0] or text[:GLANCE]}…"


def evidence(value: float | None) -> str:
    """The weight of evidence: `0.61`, `20.5`, `148`, `12,000`, `more than a million`."""
    if value is None:
        return UNKNOWN
    if value >= 1e6:
        return "over a million"
    if value >= 1000:
        return f"{round(value, -len(str(int(value))) + 2):,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"
