"""States, the words for them, and the bars of the last days; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

DAYS = 90


class Health(StrEnum):
    """Of a component, worst last."""

    OPERATIONAL = "operational"
    MAINTENANCE = "maintenance"
    DEGRADED = "degraded"
    OUTAGE = "outage"


WORST = list(Health)


@dataclass(frozen=True)
class Span:
    """A time in which a component was not operational; `ended_at` None: still."""

    health: Health
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Bar:
    """One day (UTC) of a component: its worst state and the seconds in which users were in trouble."""

    day: date
    health: Health
    trouble_s: int


def worst(states: Sequence[Health]) -> Health:
    """Return the worst of the states; OPERATIONAL when there is none."""
    return max(states, key=WORST.index, default=Health.OPERATIONAL)


def bars(spans: Sequence[Span], now: datetime, *, days: int = DAYS) -> list[Bar]:
    """Return one bar a day, oldest first, today last. Overlapping spans count once."""
    today = now.astimezone(UTC).date()
    return [_bar(spans, today - timedelta(days=back), now) for back in range(days - 1, -1, -1)]


def uptime(found: Sequence[Bar], now: datetime) -> float:
    """Return the share (0..1) of the time of these bars without trouble; today counts as far as it has gone."""
    start = datetime.combine(found[0].day, time(), UTC)
    whole = (now - start).total_seconds()
    return max(1 - sum(bar.trouble_s for bar in found) / whole, 0.0) if whole > 0 else 1.0


def opening_words(name: str, *, blames_release: bool, health: Health) -> str:
    """Return what is said when an incident opens."""
    if blames_release and health != Health.OUTAGE:
        return (
            f"A new version of {name} caused errors for some visitors. They were moved back to the version before "
            "while we look into it."
        )
    if health == Health.OUTAGE:
        return f"{name} is not available. We are working on it."
    return f"Some visitors of {name} see errors. We are looking into it."


def cause_words(name: str) -> str:
    """Return what is said when no release turns out to be the cause."""
    return f"The errors of {name} do not come from the new version. We are looking for the cause."


def mitigated_words(name: str, *, blames_release: bool) -> str:
    """Return what is said when users are safe."""
    if blames_release:
        return f"The new version was taken back. {name} works normally for everyone."
    return f"{name} works normally again."


def resolved_words(name: str) -> str:
    """Return what is said at the end."""
    return f"This is over. {name} works normally."


def _bar(spans: Sequence[Span], day: date, now: datetime) -> Bar:
    begin = datetime.combine(day, time(), UTC)
    end = min(begin + timedelta(days=1), now)
    touching = [one for one in spans if one.started_at < end and (one.ended_at or now) > begin]
    trouble = [one for one in touching if one.health != Health.MAINTENANCE]
    return Bar(day, worst([one.health for one in touching]), _covered(trouble, begin, end))


def _covered(spans: Sequence[Span], begin: datetime, end: datetime) -> int:
    seconds, reached = 0.0, begin
    for start, stop in sorted((max(one.started_at, begin), min(one.ended_at or end, end)) for one in spans):
        if stop > reached:
            seconds += (stop - max(start, reached)).total_seconds()
            reached = stop
    return round(seconds)
