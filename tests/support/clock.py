"""A clock that tests move."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Starts at a fixed moment; both times move together by `advance`."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def put_back(self, seconds: float) -> None:
        """Step the wall clock alone, as a person or a time server does."""
        self._now -= timedelta(seconds=seconds)
