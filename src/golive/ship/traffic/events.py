"""What is announced about the edge; `subject` is the site that visitors do not reach, or EDGE when it is all of them."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from golive.kernel.events import Announcement

EDGE: Final = "edge"


@dataclass(frozen=True, kw_only=True)
class ReachNews(Announcement):
    """Whether visitors come through changed; service and environment are empty when it is about the whole edge."""

    kind: ClassVar[str] = "edge.news"
    service: str
    environment: str
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class VisitorsCutOff(ReachNews):
    """The edge does not answer, or does not listen on the port of a site; facts: since, port (of a site)."""

    kind: ClassVar[str] = "edge.cut-off"


@dataclass(frozen=True, kw_only=True)
class VisitorsBack(ReachNews):
    """Visitors come through again; facts: since (when it began), seconds."""

    kind: ClassVar[str] = "edge.back"
