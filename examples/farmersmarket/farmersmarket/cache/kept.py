"""Results that are kept: made once however many ask at the same time, in one process or in several.

What is kept never goes stale by a write: its key names the edition of the data that it was made from.
"""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import golive_app
from django.core.cache import cache

T = TypeVar("T")
SECONDS = 300
MAKING = 5.0
LOOK_AGAIN = 0.02
log = logging.getLogger(__name__)
_reads = golive_app.counter(
    "cache_reads_total",
    description="Reads of kept results, by what was read and whether it was there",
)
_locks = tuple(threading.Lock() for _ in range(64))


def kept(what: str, key: object, make: Callable[[], T], *, seconds: int = SECONDS) -> T:
    """The result for ``key``, from the cache or from ``make``; ``repr(key)`` has to name all that it depends on."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()[:32]
    place = f"kept:{what}:{digest}"
    found = cache.get(place)
    if found is None:
        with _alone(place):
            found = cache.get(place) or _awaited(place)
            if found is None:
                return _made(what, place, make, seconds)
    _reads.record(1, cache=what, outcome="hit")
    value: T = found[0]
    return value


def _made(what: str, place: str, make: Callable[[], T], seconds: int) -> T:
    _reads.record(1, cache=what, outcome="miss")
    log.info("cache_miss", extra={"cache": what})
    try:
        value = make()
        cache.set(place, (value,), seconds)
    finally:
        cache.delete(f"{place}:making")
    return value


def _awaited(place: str) -> tuple[object] | None:
    """What another process is making; None when nobody is, so that the caller has to."""
    until = time.monotonic() + MAKING
    while not cache.add(f"{place}:making", 1, MAKING):
        threading.Event().wait(LOOK_AGAIN)
        found: tuple[object] | None = cache.get(place)
        if found is not None or time.monotonic() > until:
            return found
    return None


@contextmanager
def _alone(place: str) -> Iterator[None]:
    lock = _locks[hash(place) % len(_locks)]
    # With a limit: places share locks, and nobody may wait for ever for a slow neighbour.
    mine = lock.acquire(timeout=MAKING)
    try:
        yield
    finally:
        if mine:
            lock.release()
