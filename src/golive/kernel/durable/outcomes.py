"""What a handler tells its worker when it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Done:
    """The job is finished; `result` is JSON."""

    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Again:
    """Call the handler again after `after`; this process keeps the lease, no thread is held meanwhile."""

    after: timedelta = timedelta(0)


@dataclass(frozen=True)
class Wait:
    """Give the lease back until `until`, or until `wake()` when it is None; anyone may continue."""

    until: datetime | None = None


Outcome = Done | Again | Wait
