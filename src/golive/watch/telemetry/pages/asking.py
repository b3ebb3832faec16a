"""The filter bar: what an address asks for, and the addresses of the same view with more or less."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from golive.kernel.ui.parts import Chip
from golive.watch.telemetry.domain import ERROR, WARN

RANGES = (
    ("15m", "last 15 minutes", 900),
    ("1h", "last hour", 3600),
    ("6h", "last 6 hours", 21600),
    ("24h", "last 24 hours", 86400),
    ("7d", "last 7 days", 604800),
)
DEFAULT_RANGE = "1h"
NAMES = {
    "release": "release",
    "route": "route",
    "status": "status",
    "failed": "only",
    "slow": "slower than",
    "visitor": "visitor",
    "level": "level",
    "pattern": "pattern",
    "trace": "trace",
    "process": "process",
    "request": "request",
}
LEVELS = {"warn": WARN, "error": ERROR}
BARS = 90  # bars of the chart over the rows


@dataclass(frozen=True)
class Asked:
    """One view: `view` is requests, traces or logs; `filters` only holds names of NAMES with a value."""

    view: str
    site: str
    since: datetime
    until: datetime
    last: str
    text: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    follow: bool = False

    @property
    def step(self) -> timedelta:
        """Length of a bar, in whole seconds."""
        return timedelta(seconds=max(1, round((self.until - self.since).total_seconds() / BARS)))

    def path(
        self,
        view: str = "",
        *,
        without: str = "",
        text: str | None = None,
        follow: bool = False,
        more: Mapping[str, str] | None = None,
    ) -> str:
        """The address of this view, changed."""
        chosen = {name: value for name, value in self.filters.items() if name != without} | dict(more or {})
        span: dict[str, str] = {"last": self.last}
        if not self.last:
            span = {"from": f"{self.since.timestamp():.0f}", "to": f"{self.until.timestamp():.0f}"}
        if without == "time":
            span = {"last": DEFAULT_RANGE}
        said = self.text if text is None else text
        parts = {
            "site": self.site,
            **span,
            **chosen,
            **({"q": said} if said else {}),
            **({"follow": "1"} if follow else {}),
        }
        return f"{base(view or self.view)}?{urlencode(parts)}"

    def around(self, view: str, at: datetime, seconds: float = 5) -> str:
        """The address of another view, of the seconds before and after a moment."""
        begin, end = at.timestamp() - seconds, at.timestamp() + seconds
        return f"{base(view)}?{urlencode({'site': self.site, 'from': f'{begin:.0f}', 'to': f'{end:.0f}'})}"

    @property
    def chips(self) -> list[Chip]:
        """Filters in force, each with the address without it; then what one press adds."""
        chips = [Chip(NAMES[name], shown(name, value), self.path(without=name)) for name, value in self.filters.items()]
        if not self.last:
            words = f"{self.since:%H:%M:%S} to {self.until:%H:%M:%S}"
            chips.append(Chip("time", words, self.path(without="time")))
        return chips

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries along."""
        return list(self.filters.items())


def base(view: str) -> str:
    """The address of a view without its question."""
    return "/explore" if view == "requests" else f"/explore/{view}"


def shown(name: str, value: str) -> str:
    """A filter's value as a chip says it."""
    if name == "slow":
        return f"{value} ms"
    if name == "failed":
        return "failed"
    return f"{value} and up" if name == "status" and value == "500" else value


def asked(query: Mapping[str, str], view: str, sites: list[str], now: datetime) -> Asked:
    """Read the query string; what it does not say or says wrongly gets the default."""
    site = query.get("site", "")
    if site.count("/") != 1 or not site.strip("/"):
        site = next((s for s in sites if s.endswith("/production")), sites[0] if sites else "")
    begin, end = _moment(query.get("from", "")), _moment(query.get("to", ""))
    last = query.get("last", DEFAULT_RANGE)
    seconds = next((s for value, _, s in RANGES if value == last), 3600)
    if begin and end and begin < end:
        since, until, last = begin, end, ""
    else:
        since, until = now - timedelta(seconds=seconds), now
        last = last if any(value == last for value, _, _ in RANGES) else DEFAULT_RANGE
    filters = {name: query[name].strip()[:300] for name in NAMES if query.get(name, "").strip()}
    return Asked(
        view,
        site,
        since,
        until,
        last,
        query.get("q", "").strip()[:300],
        filters,
        query.get("follow") == "1",
    )


def number(value: str, default: float = 0.0) -> float:
    """A non-negative number, or the default."""
    try:
        return max(float(value), 0.0)
    except ValueError:
        return default


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
