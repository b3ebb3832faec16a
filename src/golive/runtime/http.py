"""The HTTP API: OpenAPI 3.1 from the capabilities' routers, problems in one shape (RFC 9457)."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from golive.kernel.access.api import router as access
from golive.kernel.access.http import auth
from golive.kernel.access.roles import Unauthenticated
from golive.kernel.problems import Invalid, NotFound, Problem
from golive.respond.channels.api import router as channels
from golive.respond.incidents.api import router as incidents
from golive.respond.oncall.api import router as oncall
from golive.respond.paging.api import router as paging
from golive.respond.statuspage.api import router as statuspage
from golive.runtime.audit import router as audit
from golive.runtime.faults import headers_of, problem_of
from golive.runtime.given_up import router as jobs
from golive.ship.approvals.api import router as approvals
from golive.ship.databases.api import router as backups
from golive.ship.evidence.api import router as evidence
from golive.ship.gates.api import router as gates
from golive.ship.releases.api import router as releases
from golive.ship.services.api import router as services
from golive.ship.traffic.api import router as traffic
from golive.watch.telemetry.api import router as telemetry

api = NinjaAPI(
    title="golive",
    version="1",
    description="Ship, watch, respond, prove. The command line uses this API and nothing else.",
    auth=auth,
    urls_namespace="api",
    docs_url="/docs",
)
api.add_router("", access)
api.add_router("", services)
api.add_router("", evidence)  # before releases, whose verbs would take its address
api.add_router("", releases)
api.add_router("", approvals)
api.add_router("", gates)
api.add_router("", backups)
api.add_router("", traffic)
api.add_router("", telemetry)
api.add_router("", audit)
api.add_router("", jobs)
api.add_router("", channels)
api.add_router("", oncall)
api.add_router("", incidents)
api.add_router("", paging)
api.add_router("", statuspage)


def problem_response(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return a problem as problem+json."""
    response = api.create_response(request, problem.as_json(), status=problem.status)
    for name, value in headers_of(problem).items():
        response.headers[name] = value
    return response


@api.exception_handler(Problem)
def on_problem(request: HttpRequest, problem: Any) -> HttpResponse:
    """An anticipated failure."""
    return problem_response(request, problem)


@api.exception_handler(ValidationError)
def on_validation_error(request: HttpRequest, error: Any) -> HttpResponse:
    """A body or parameter that does not fit its schema."""
    errors = [
        {"at": ".".join(str(part) for part in item.get("loc", ())), "message": item.get("msg", "")}
        for item in error.errors
    ]
    detail = "; ".join(f"{item['at']}: {item['message']}" for item in errors)
    return problem_response(request, Invalid(detail, hint="See /api/v1/docs for what fits.", errors=errors))


@api.exception_handler(AuthenticationError)
def on_authentication_error(request: HttpRequest, _error: Any) -> HttpResponse:
    """No session and no token."""
    return problem_response(
        request,
        Unauthenticated("This needs a login.", hint="Log in, or send a bearer token."),
    )


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: Any) -> HttpResponse:
    """What the framework itself refuses, such as a body that is not JSON."""
    problem = Invalid(str(error))
    response = problem_response(request, problem)
    response.status_code = error.status_code
    return response


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, _error: Any) -> HttpResponse:
    """An address under which there is nothing."""
    return problem_response(request, NotFound("There is nothing at this address."))


@api.exception_handler(Exception)
def on_fault(request: HttpRequest, fault: Any) -> HttpResponse:
    """A fault of the program, or of the state database: logged with its traceback, told without it."""
    return problem_response(request, problem_of(request, fault))
