"""Limits on how often somebody may do something, counted in the cache that all processes share.

When that is gone each process counts for itself.
"""

import logging
from ipaddress import IPv6Address, ip_address, ip_network

from django.core.cache import BaseCache, cache, caches
from django.http import HttpRequest

from farmersmarket.answers.problems import TooMany
from farmersmarket.cache.backend import CacheDownError

WRITES = 120
HOUR = 3600
log = logging.getLogger(__name__)


def count(what: str, who: str, *, most: int, seconds: int) -> bool:
    """Counts one act; False once ``who`` has done ``what`` more than ``most`` times in ``seconds``."""
    key = f"limit:{what}:{who}"
    try:
        within = _counted(cache, key, seconds) <= most
    except CacheDownError:
        within = _counted(caches["own"], key, seconds) <= most
    if not within:
        log.warning("rate_limit_hit", extra={"what": what})
    return within


def _counted(where: BaseCache, key: str, seconds: int) -> int:
    where.add(key, 0, seconds)
    try:
        return where.incr(key)
    except CacheDownError:
        raise
    except ValueError:  # the entry ended between the two calls
        return 1


def clear(what: str, who: str) -> None:
    """Forgets what was counted, also while the shared cache was away."""
    for where in (cache, caches["own"]):
        where.delete(f"limit:{what}:{who}")


def allow_write(request: HttpRequest) -> None:
    """Raises ``TooMany`` beyond ``WRITES`` writes of a person or address within a minute."""
    person = getattr(request, "user", None)
    who = f"p{person.pk}" if person is not None and person.is_authenticated else address(request)
    if not count("write", who, most=WRITES, seconds=60):
        raise TooMany("Please wait a minute.", headers={"Retry-After": "60"})


def network(request: HttpRequest) -> str:
    """Whose connection a request came by: an IPv4 address, or the /64 of IPv6 that a provider gives to one customer.

    "" for this machine: whoever counted that would take all visitors of a proxy that names nobody for one.
    """
    try:
        found = ip_address(address(request))
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if found.is_loopback:
        return ""
    return str(ip_network(f"{found}/64", strict=False) if found.version == 6 else found)


def address(request: HttpRequest) -> str:
    """Who connects; behind a proxy that the server trusts (``FORWARDED_ALLOW_IPS``) whom that names.

    The header itself says what its sender likes, a new address for each guess.
    """
    return str(request.META.get("REMOTE_ADDR", ""))
