"""The HTTP API: ``/api/docs`` shows it."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from farmersmarket.orders.api import router as orders
from farmersmarket.orders.domain import OrderProblem

api = NinjaAPI(title="Farmers Market", version="1.0", docs_url="/docs")
api.add_router("/orders", orders)


def problem(status: int, title: str, detail: str, **more: object) -> HttpResponse:
    """An RFC 9457 problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    response = api.create_response(HttpRequest(), document, status=status)
    response.headers["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(OrderProblem)
def _order_problem(request: HttpRequest, error: OrderProblem) -> HttpResponse:
    return problem(error.status, type(error).__name__, str(error))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(str(part) for part in item["loc"][1:]), "message": item["msg"]}
        for item in error.errors
    ]
    return problem(422, "Invalid", "The request does not have the right form.", errors=errors)
