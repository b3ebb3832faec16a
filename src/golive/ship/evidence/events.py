"""What is announced about evidence."""

from dataclasses import dataclass
from typing import ClassVar

from golive.kernel.events import Announcement


@dataclass(frozen=True, kw_only=True)
class EvidenceGathered(Announcement):
    """The evidence of a pulled release is there; `sentence` is the weightiest part in plain words."""

    kind: ClassVar[str] = "evidence.gathered"
    release: str
    service: str
    environment: str
    sentence: str
    routes: int
    errors: int
    patterns: int
