"""What is announced about an incident; `subject` is the incident id."""

from dataclasses import dataclass
from typing import ClassVar

from golive.kernel.events import Announcement


@dataclass(frozen=True, kw_only=True)
class IncidentNews(Announcement):
    """Something happened to an incident; `sentence` says what, `by` is who did it ("golive" or a person), `person` their mail address."""

    kind: ClassVar[str] = "incident.news"
    number: int
    severity: str
    state: str
    title: str
    sentence: str
    service: str
    environment: str
    release: str
    version: str
    by: str
    person: str = ""


@dataclass(frozen=True, kw_only=True)
class IncidentOpened(IncidentNews):
    """A new incident."""

    kind: ClassVar[str] = "incident.opened"


@dataclass(frozen=True, kw_only=True)
class IncidentRetriggered(IncidentNews):
    """A mitigated incident is back, or an open one got worse: people are asked again."""

    kind: ClassVar[str] = "incident.retriggered"


@dataclass(frozen=True, kw_only=True)
class IncidentAcknowledged(IncidentNews):
    """A person has it."""

    kind: ClassVar[str] = "incident.acknowledged"


@dataclass(frozen=True, kw_only=True)
class IncidentMitigated(IncidentNews):
    """Users are safe."""

    kind: ClassVar[str] = "incident.mitigated"


@dataclass(frozen=True, kw_only=True)
class IncidentResolved(IncidentNews):
    """It is over."""

    kind: ClassVar[str] = "incident.resolved"


@dataclass(frozen=True, kw_only=True)
class IncidentChanged(IncidentNews):
    """Severity, title or blame changed."""

    kind: ClassVar[str] = "incident.changed"
