"""What is announced about the on-call list."""

from dataclasses import dataclass
from typing import ClassVar

from golive.kernel.events import Announcement


@dataclass(frozen=True, kw_only=True)
class OnCallChanged(Announcement):
    """People, times or contacts changed; `subject` is "on-call"."""

    kind: ClassVar[str] = "oncall.changed"
    by: str
