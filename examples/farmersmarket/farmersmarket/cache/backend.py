"""Redis or Valkey as the cache that all processes share. The market goes on when it is gone.

A read finds nothing, a write is forgotten, and for ``PAUSE`` seconds after a failure nobody waits for it again.
"""

import logging
import time
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import golive_app
from django.conf import settings
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis import Redis
from redis.exceptions import RedisError

PAUSE = 1.0
TIMEOUT = 0.25
T = TypeVar("T")
log = logging.getLogger(__name__)


class CacheDownError(ValueError):
    """The shared cache does not answer; raised where a number was asked for."""


class _Health:
    """When this process may ask the cache again."""

    rest_until = 0.0


_health = _Health()


@lru_cache(maxsize=4)
def _client(servers: tuple[str, ...]) -> RedisCacheClient:
    # One for the process: Django makes a cache object for each request, and each would connect anew.
    return RedisCacheClient(
        list(servers), socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
    )


class SharedCache(RedisCache):
    """Django's Redis cache, without its failures."""

    @cached_property
    def _cache(self) -> RedisCacheClient:
        return _client(tuple(self._servers))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return _ask(super().get, default, key, default, version)

    def set(self, key: str, value: Any, *args: Any, **options: Any) -> None:
        _ask(super().set, None, key, value, *args, **options)

    def add(self, key: str, value: Any, *args: Any, **options: Any) -> bool:
        return bool(_ask(super().add, True, key, value, *args, **options))

    def touch(self, key: str, *args: Any, **options: Any) -> bool:
        return bool(_ask(super().touch, False, key, *args, **options))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(_ask(super().delete, False, key, version))

    def has_key(self, key: str, version: int | None = None) -> bool:
        return bool(_ask(super().has_key, False, key, version))

    def get_many(self, keys: Any, version: int | None = None) -> dict[str, Any]:
        return _ask(super().get_many, {}, keys, version)

    def set_many(self, data: Any, *args: Any, **options: Any) -> list[Any]:
        return _ask(super().set_many, list(data), data, *args, **options)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        _ask(super().delete_many, None, keys, version)

    def clear(self) -> bool:
        return bool(_ask(super().clear, False))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Raises ``CacheDownError`` where the others go on, ``ValueError`` for a key that is not there."""
        found = _ask(super().incr, None, key, delta, version)
        if found is None:
            raise CacheDownError("the shared cache does not answer")
        return int(found)


def _ask(call: Callable[..., T], otherwise: T, *args: Any, **options: Any) -> T:
    if time.monotonic() < _health.rest_until:
        return otherwise
    try:
        return call(*args, **options)
    except (RedisError, OSError) as error:
        _health.rest_until = time.monotonic() + PAUSE
        log.error("external_failure", extra={"what": "cache", "error": type(error).__name__})
        return otherwise


@golive_app.check("redis", ready=False)
def reachable() -> golive_app.Outcome:
    """The shared cache answers. The market serves without it, so that readiness does not ask."""
    if not settings.CACHE_URL:
        return golive_app.Outcome("unknown", "cache in process")
    client = Redis.from_url(
        settings.CACHE_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
    )
    try:
        client.ping()
    except (RedisError, OSError):
        return golive_app.Outcome("down", "does not answer")
    finally:
        client.close()
    return golive_app.Outcome("ok")
