"""Keeping n days is dropping the partitions of older days, once a night."""

import threading
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from golive.adapters.clickhouse.dialect import literal
from golive.adapters.clickhouse.engine import Busy, Engine, QueryFailed
from golive.kernel.clock import Clock
from golive.kernel.log import get_logger

log = get_logger(__name__)

CHECK_SECONDS: Final = 3600


def expired(partitions: Mapping[str, list[str]], days: Mapping[str, int], today: date) -> list[tuple[str, str]]:
    """Return (table, partition) of days that are past what their table keeps; ISO dates."""
    oldest = {table: (today - timedelta(days=kept)).isoformat() for table, kept in days.items()}
    return [
        (table, day)
        for table, held in sorted(partitions.items())
        for day in sorted(held)
        if table in oldest and day < oldest[table]
    ]


def drop_expired(engine: Engine, today: date) -> list[tuple[str, str]]:
    """Drop what is expired and return it; what cannot be dropped now is logged and stays."""
    with engine.writers.connection() as connection:
        rows = connection.query("SELECT DISTINCT table, partition FROM system.parts WHERE active AND database = 'otel'")
        held: dict[str, list[str]] = {}
        for line in rows.decode().splitlines():
            table, day = line.split("\t")
            held.setdefault(table, []).append(day.strip("'"))
        dropped = []
        for table, day in expired(held, engine.retention, today):
            try:
                connection.query(f"ALTER TABLE otel.{table} DROP PARTITION {literal(day)}")
            except QueryFailed as error:
                log.warning("partition_kept", table=table, day=day, reason=str(error)[:300])
            else:
                dropped.append((table, day))
    if dropped:
        log.info("partitions_dropped", partitions=[f"{table} {day}" for table, day in dropped])
    return dropped


class Retention:
    """A thread that drops expired partitions after each midnight (UTC) and after a start."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention")
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        done: date | None = None
        while not self._stop.is_set():
            today = self._clock.now().date()
            if today != done:
                try:
                    drop_expired(self._engine, today)
                    done = today
                except (QueryFailed, Busy) as error:
                    log.warning("retention_failed", reason=str(error)[:300])
            self._stop.wait(CHECK_SECONDS)
