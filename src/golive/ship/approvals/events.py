"""What is announced about approvals."""

from dataclasses import dataclass
from typing import ClassVar

from golive.kernel.events import Announcement


@dataclass(frozen=True, kw_only=True)
class ApprovalDecided(Announcement):
    """A person decided; `outcome` is APPROVED or REJECTED when that closed the request, else empty."""

    kind: ClassVar[str] = "approval.decided"
    request: str
    outcome: str
    person: str
    approved: bool
    comment: str
