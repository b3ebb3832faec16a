"""What is announced about durable work."""

from dataclasses import dataclass
from typing import ClassVar

from golive.kernel.events import Announcement


@dataclass(frozen=True, kw_only=True)
class WorkGivenUp(Announcement):
    """A job has failed so often that it is tried no more; `subject` is its id, `work` its kind, `error` the type of the last failure."""

    kind: ClassVar[str] = "work.given-up"
    work: str
    key: str
    tries: int
    error: str
