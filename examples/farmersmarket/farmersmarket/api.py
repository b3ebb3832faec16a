"""The HTTP API: ``/api/docs`` shows it."""

import logging

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from farmersmarket.answers.problems import Forbidden, LoginNeeded, Problem, answer, document
from farmersmarket.catalog.api import router as products
from farmersmarket.orders.api import router as orders
from farmersmarket.orders.domain import NotAllowed, OrderProblem
from farmersmarket.orders.seen import router as seen
from farmersmarket.telemetry import route_of
from farmersmarket.vitals import router as vitals

log = logging.getLogger(__name__)
api = NinjaAPI(
    title="Farmers Market",
    version="1.0",
    docs_url="/docs",
    openapi_extra={"info": {"license": {"name": "Apache-2.0"}}},
)
api.add_router("/products", products)
api.add_router("/orders", orders)
api.add_router("/orders", seen)
api.add_router("/metrics", vitals)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    if isinstance(error, Forbidden):
        log.warning(
            "authorization_denied", extra={"route": route_of(request), "person": request.user.pk}
        )
    return answer(error)


@api.exception_handler(OrderProblem)
def _order_problem(request: HttpRequest, error: OrderProblem) -> HttpResponse:
    if isinstance(error, NotAllowed):
        log.warning(
            "authorization_denied", extra={"route": route_of(request), "person": request.user.pk}
        )
    return document(error.status, type(error).__name__, str(error))


@api.exception_handler(AuthenticationError)
def _login_needed(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return answer(
        LoginNeeded("Send a token or a session cookie.", headers={"WWW-Authenticate": "Bearer"})
    )


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return document(404, "Not found", "There is nothing at this address.")


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return document(
        error.status_code, "Bad request" if error.status_code == 400 else "Refused", str(error)
    )


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [{"field": _field(item["loc"]), "message": item["msg"]} for item in error.errors]
    return document(422, "Invalid", f"{errors[0]['field']}: {errors[0]['message']}", errors=errors)


def _field(location: tuple[str | int, ...]) -> str:
    # pydantic says where a value came from and which parameter of ours it fills before it names the field.
    return ".".join(str(part) for part in location[2:] or location[1:])
