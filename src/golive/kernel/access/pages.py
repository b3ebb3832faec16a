"""Login, logout, and the room of people and tokens."""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from golive.kernel.access import operations, queries
from golive.kernel.access.http import page, page_actor, start_session
from golive.kernel.access.roles import Actor, Role, Unauthenticated
from golive.kernel.problems import Problem
from golive.kernel.ui.parts import Act, Consequence


@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Show the login, or check e-mail and password."""
    target = _target(request)
    if request.method == "GET":
        return render(request, "access/login.html", {"next": target})
    try:
        person = operations.log_in_by_password(
            email=request.POST.get("email", ""),
            password=request.POST.get("password", ""),
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except Unauthenticated as problem:
        return render(request, "access/login.html", {"next": target, "problem": problem}, status=401)
    start_session(request, person)
    return redirect(target)


@require_http_methods(["GET", "POST"])
def log_in_by_link(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows a button and spends nothing (mail scanners open links); POST logs in."""
    if request.method == "GET":
        return render(request, "access/login_link.html", {"secret": secret})
    try:
        person = operations.use_login_link(secret)
    except Unauthenticated as problem:
        return render(request, "access/login.html", {"next": "/", "problem": problem}, status=401)
    start_session(request, person)
    return redirect("/")


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("/login")


@require_GET
@page()
def people(request: HttpRequest) -> HttpResponseBase:
    """Show people and tokens."""
    return render(request, "access/people.html", _room(page_actor(request)))


def _room(actor: Actor) -> dict[str, Any]:
    is_admin = actor.role == Role.ADMIN
    tokens = [(one, _revocation(one)) for one in queries.tokens("" if is_admin else actor.email)]
    return {
        "people": queries.people(),
        "tokens": [(one, [act]) for one, act in tokens],
        "revocations": [act for one, act in tokens if not one.revoked_at],
        "roles": [role.word for role in Role],
        "is_admin": is_admin,
    }


def _revocation(token: queries.TokenRow) -> Act:
    return Act(
        f"revoke-{token.id}",
        "Revoke",
        f"/people/tokens/{token.id}/revoke",
        danger=True,
        question=f"Revoke {token.name} of {token.person}?",
        says="This cannot be undone; a new token has a new secret.",
        consequences=(Consequence("What uses it", "is refused from the next call on"),),
        keep="Keep it",
    )


@require_POST
@page(Role.ADMIN)
def add_person(request: HttpRequest) -> HttpResponseBase:
    """Add a person and show their login link."""
    actor = page_actor(request)
    try:
        role = Role[request.POST.get("role", "viewer").upper()]
        person = operations.create_person(
            by=actor,
            email=request.POST.get("email", ""),
            name=request.POST.get("name", ""),
            role=role,
        )
        link = operations.create_login_link(by=actor, person=person)
    except (Problem, KeyError) as error:
        return render(request, "access/people.html", _room(actor) | {"problem": error}, status=422)
    return render(
        request,
        "access/person_added.html",
        {"person": person, "link": request.build_absolute_uri(f"/login/{link}")},
    )


@require_POST
@page()
def add_token(request: HttpRequest) -> HttpResponseBase:
    """Make a token of one's own and show its secret once."""
    actor = page_actor(request)
    name = request.POST.get("name", "").strip()[:80] or "token"
    token, secret = operations.create_token(by=actor, person=queries.person(actor.email), name=name)
    return render(request, "access/token_added.html", {"token": token, "secret": secret})


@require_POST
@page()
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponseBase:
    """Revoke a token of one's own, or as admin anyone's."""
    actor = page_actor(request)
    if actor.role == Role.ADMIN or token_id in {row.id for row in queries.tokens(actor.email)}:
        operations.revoke_token(by=actor, token_id=token_id)
    return redirect("/people")


def _target(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if safe else "/"
