"""Which function does which kind of work, and under what terms."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from golive.kernel.durable.outcomes import Outcome, Wait

if TYPE_CHECKING:
    from golive.kernel.durable.job import Job

Function = Callable[["Job"], Outcome]
EVERY = "every"  # the key of a periodic job: one per kind


@dataclass(frozen=True)
class Backoff:
    """Exponential delay between attempts, with up to a quarter of jitter so that a herd spreads out."""

    first: timedelta = timedelta(seconds=1)
    factor: float = 2.0
    cap: timedelta = timedelta(minutes=5)

    def delay(self, failures: int) -> timedelta:
        """Return the delay after the `failures`-th failure in a row (1, 2, ...)."""
        exact = min(
            self.first.total_seconds() * self.factor ** min(failures - 1, 60),
            self.cap.total_seconds(),
        )
        return timedelta(seconds=exact * random.uniform(1.0, 1.25))  # noqa: S311  jitter is no secret


@dataclass(frozen=True)
class Handler:
    """One kind of work.

    `max_attempts` counts failures in a row (0: never give up); `urgent` kinds have threads of their own, so that a
    page never waits behind a build. `period` makes the kind periodic, which is urgent too: watching over what serves
    must not wait for builds.
    """

    kind: str
    function: Function
    lease: timedelta
    max_attempts: int
    backoff: Backoff
    urgent: bool = False
    period: timedelta | None = None


@dataclass
class Registry:
    """The kinds that this process can work on."""

    handlers: dict[str, Handler] = field(default_factory=dict)

    def add(self, new: Handler) -> None:
        """Register; raises ValueError when another function has the kind."""
        known = self.handlers.get(new.kind)
        if known and _name(known.function) != _name(new.function):
            raise ValueError(f"{new.kind} is handled by {_name(known.function)}")
        self.handlers[new.kind] = new

    def remove(self, kind: str) -> None:
        self.handlers.pop(kind, None)


registry = Registry()


def handler(
    kind: str,
    *,
    lease: timedelta = timedelta(seconds=10),
    max_attempts: int = 8,
    backoff: Backoff | None = None,
    urgent: bool = False,
) -> Callable[[Function], Function]:
    """Register a function `(job) -> Done | Again | Wait` as the way to do `kind`.

    It must be safe to call again from the start: use `job.step`, `job.once`, `job.save` for what must not repeat.
    """

    def register(function: Function) -> Function:
        registry.add(Handler(kind, function, lease, max_attempts, backoff or Backoff(), urgent=urgent))
        return function

    return register


def every(
    kind: str, period: timedelta, *, lease: timedelta = timedelta(seconds=30)
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Call a function every `period`, by one owner at a time; `wake(kind, key="every")` calls it at once.

    A failure is logged and the next turn comes as usual; missed turns are not made up for.
    """

    def register(function: Callable[[], None]) -> Callable[[], None]:
        registry.add(
            Handler(
                kind,
                _Periodic(function),
                lease,
                0,
                Backoff(first=period, factor=1, cap=period),
                urgent=True,
                period=period,
            )
        )
        return function

    return register


class _Periodic:
    """Adapts a function without arguments; the worker waits for the period after it."""

    def __init__(self, function: Callable[[], None]) -> None:
        self.function = function
        self.__module__, self.__qualname__ = function.__module__, function.__qualname__

    def __call__(self, job: "Job") -> Outcome:
        self.function()
        period = registry.handlers[job.kind].period or timedelta(0)
        return Wait(job.now() + period)


def _name(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__qualname__}"
