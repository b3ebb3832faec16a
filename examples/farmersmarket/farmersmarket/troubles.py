"""What is said when the market itself fails."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error as broken
from psycopg_pool import PoolTimeout

from farmersmarket.answers.problems import Unavailable, answer

log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away, which ends by itself; 500 for what is broken."""
    error = sys.exc_info()[1]
    if not isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        return broken(request)
    log.error("database_connection_error", extra={"error": type(error).__name__})
    if request.path.startswith("/api/"):
        return answer(Unavailable("The market is away for a moment."))
    response = broken(request)
    response.status_code, response.headers["Retry-After"] = 503, "5"
    return response
