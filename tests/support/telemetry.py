"""Moments and telemetry that tests of watching share."""

from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)
