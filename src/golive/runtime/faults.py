"""What nobody anticipated, as problems: a database that does not answer, a full disk, and a fault of golive itself."""

import errno

from django.db import DataError, InterfaceError, OperationalError
from django.http import HttpRequest
from django.urls import Resolver404, resolve

from golive.kernel.log import get_logger
from golive.kernel.problems import Invalid, Problem

TRY_AGAIN_S = 5  # seconds that a caller may well wait before the next try
logger = get_logger(__name__)


class Unforeseen(Problem):
    """A fault of golive itself."""

    slug = "unforeseen"
    title = "golive failed"
    status = 500


class DatabaseAway(Problem):
    """The state database is locked, full or away; golive goes on by itself when it answers again."""

    slug = "database-away"
    title = "The state database does not answer"
    status = 503


class DiskFull(Problem):
    """golive's home has no room; what was recorded is carried out when there is."""

    slug = "disk-full"
    title = "The disk is full"
    status = 507


def problem_of(request: HttpRequest, fault: BaseException) -> Problem:
    """Return what a request is told of what it met; a fault is logged with its traceback, and told without it."""
    if isinstance(fault, Problem):
        return fault
    logger.error("request_failed", route=_route(request), method=request.method, exc_info=fault)
    if isinstance(fault, OperationalError | InterfaceError):
        return database_away()
    if isinstance(fault, OSError) and fault.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(
            "The disk with golive's home is full. Visitors are served meanwhile; what golive has recorded of this, it carries "
            "out as soon as there is room.",
            hint="Free some space there, then see with `golive status` whether to ask again.",
        )
    if isinstance(fault, DataError):
        return Invalid("Something in this cannot be kept: a NUL character, a number too large, or a text too long.")
    return Unforeseen("golive itself failed here; the control room's log has the details.")


def database_away() -> DatabaseAway:
    """Return the problem in words."""
    return DatabaseAway(
        "golive's state database is locked, full or away. Visitors are served meanwhile; golive goes on by itself.",
        hint="Try again in a few seconds. If it lasts: does the disk have room, does the PostgreSQL of GOLIVE_DATABASE_URL run?",
    )


def headers_of(problem: Problem) -> dict[str, str]:
    """Return the headers of a problem over HTTP (RFC 9457; Retry-After: RFC 9110)."""
    later = {"Retry-After": str(TRY_AGAIN_S)} if problem.status == DatabaseAway.status else {}
    return {"Content-Type": "application/problem+json", **later}


def _route(request: HttpRequest) -> str:
    """Return the pattern of the address: the path itself may be a login link, which is a secret."""
    try:
        return resolve(request.path_info).route
    except Resolver404:
        return ""
