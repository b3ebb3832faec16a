"""Pages of people: login, sign-up, account."""

from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from farmersmarket import privacy
from farmersmarket.answers.limits import address, count
from farmersmarket.people import operations
from farmersmarket.people.forms import LoginForm, SignUpForm
from farmersmarket.people.models import Person
from farmersmarket.people.roles import person_of
from farmersmarket.telemetry import happened


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Asks for address and password; goes on to ``next`` when that is a page of this shop."""
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                person = operations.check_password(**form.cleaned_data, address=address(request))
            except operations.TooManyGuesses as problem:
                form.add_error(None, str(problem))
                status = 429
            else:
                if person:
                    return _begin(request, person)
                form.add_error(None, "Address and password do not belong together.")
    return render(
        request,
        "market/login.html",
        {"form": form, "next": request.GET.get("next", "")},
        status=status,
    )


def _begin(request: HttpRequest, person: Person) -> HttpResponse:
    cart = request.session.get("cart")
    start_session(request, person)
    happened("session", feature=person.role)
    if cart:
        request.session["cart"] = cart
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return redirect(target)
    return redirect("farm" if person.role == Person.Role.FARMER else "account")


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Makes a customer, or a farmer when a stall is named."""
    form = SignUpForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if not count("sign-up", address(request), most=20, seconds=3600):
            form.add_error(None, "Too many new accounts from here. Please wait an hour.")
            status = 429
        elif form.is_valid():
            try:
                return _begin(request, operations.sign_up(**form.cleaned_data))
            except operations.EmailTaken as problem:
                form.add_error("email", str(problem))
    return render(request, "market/sign_up.html", {"form": form}, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    end_session(request)
    return redirect("home")


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """The orders and tokens of whoever is logged in."""
    person = person_of(request)
    facts = {
        "orders": person.orders.order_by("-created_at")[:50],
        "tokens": person.tokens.order_by("name"),
    }
    return render(request, "market/account.html", facts)


@never_cache
@login_required
@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """All that is kept about whoever is logged in, as a file."""
    name = 'attachment; filename="farmers-market.json"'
    facts = privacy.export(person_of(request))
    return JsonResponse(facts, headers={"Content-Disposition": name})


@sensitive_post_parameters("password")
@login_required
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Deletes the account of whoever is logged in and knows its password."""
    person, password = person_of(request), request.POST.get("password", "")[:200]
    try:
        if operations.check_password(
            email=person.email, password=password, address=address(request)
        ):
            privacy.leave(person)
            end_session(request)
            messages.success(request, "Your account is deleted. Thank you for having been here.")
            return redirect("home")
        messages.error(request, "That is not your password.")
    except (operations.TooManyGuesses, privacy.MustStayError) as problem:
        messages.error(request, str(problem))
    return redirect("account")


@login_required
@require_POST
def create_token(request: HttpRequest) -> HttpResponse:
    name = request.POST.get("name", "").replace("\x00", "").strip()[:60] or "token"
    token = operations.create_token(person=person_of(request), name=name, now=timezone.now())
    messages.success(request, f"Your token, shown this once: {token}")
    return redirect("account")


@login_required
@require_POST
def delete_token(request: HttpRequest, token_id: int) -> HttpResponse:
    person_of(request).tokens.filter(id=token_id).delete()
    return redirect("account")
