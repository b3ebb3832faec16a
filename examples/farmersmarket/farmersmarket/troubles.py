"""What is said when the market itself fails."""

import logging
import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.views.defaults import server_error as broken
from psycopg_pool import PoolTimeout

from farmersmarket.answers.problems import Unavailable, answer

# The database does not answer, which ends by itself.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
RETRY_AFTER_S = 5
log = logging.getLogger(__name__)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away; 500 for what is broken."""
    error = sys.exc_info()[1]
    if not isinstance(error, AWAY):
        return broken(request)
    log.error("database_connection_error", extra={"error": type(error).__name__})
    if request.path.startswith("/api/"):
        return answer(Unavailable("The market is away for a moment."))
    page = get_template("503.html").render()
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
