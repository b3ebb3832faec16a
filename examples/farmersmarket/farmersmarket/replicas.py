"""Analytics read a replica when ``REPLICA_URL`` names one, and the primary when it is away."""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings

from farmersmarket.troubles import AWAY

REPLICA = "replica"
P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)
_analysing: ContextVar[bool] = ContextVar("analysing", default=False)


class Router:
    """Sends the reads of ``analytics`` functions to the replica, everything else to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return REPLICA if _analysing.get() and REPLICA in settings.DATABASES else None

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if db == REPLICA else None


def analytics(read: Callable[P, T]) -> Callable[P, T]:
    """A read that may be some seconds old. It has to ask everything before it returns: no querysets."""

    @wraps(read)
    def routed(*args: P.args, **kwargs: P.kwargs) -> T:
        if REPLICA not in settings.DATABASES:
            return read(*args, **kwargs)
        token = _analysing.set(True)
        try:
            return read(*args, **kwargs)
        except AWAY as error:
            log.error(
                "database_connection_error",
                extra={"database": REPLICA, "error": type(error).__name__},
            )
        finally:
            _analysing.reset(token)
        return read(*args, **kwargs)

    return routed
