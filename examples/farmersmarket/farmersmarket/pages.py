"""Pages of the shop: home, stalls, products."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from farmersmarket.answers.limits import allow_write
from farmersmarket.answers.problems import Conflict, Forbidden, Problem
from farmersmarket.catalog import operations, opinions, queries
from farmersmarket.catalog.forms import ReviewForm
from farmersmarket.catalog.models import Category, Product
from farmersmarket.orders import cart, payments
from farmersmarket.people.models import Person
from farmersmarket.telemetry import route_of

log = logging.getLogger(__name__)


def basket(request: HttpRequest) -> dict[str, object]:
    """For every page: how many pieces are in the cart."""
    session = getattr(request, "session", None)
    return {
        "cart_size": cart.size(session) if session is not None else 0,
        "categories": Category.choices,
    }


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    products, _ = queries.browse(size=8)
    stalls = queries.listed_stalls()[:6]
    facts = {"products": products, "stalls": stalls, "paid": payments.way()}
    return render(request, "market/home.html", facts)


@require_safe
def stalls(request: HttpRequest) -> HttpResponse:
    return render(request, "market/stalls.html", {"stalls": queries.listed_stalls()})


@require_safe
def stall(request: HttpRequest, slug: str) -> HttpResponse:
    found = queries.stalls().filter(slug=slug).first()
    if found is None:
        raise Http404
    offers = queries.on_sale().filter(stall=found).prefetch_related("images").order_by("name")
    return render(request, "market/stall.html", {"stall": found, "products": offers})


@require_safe
def products(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", "")[:100]
    category = request.GET.get("category", "")
    if category not in Category.values:
        category = ""
    page = request.GET.get("page", "1")
    number = (
        min(int(page), 1000)
        if page.isascii() and page.isdigit() and len(page) < 6 and int(page)
        else 1
    )
    found, more = queries.browse(words=words, category=category, page=number)
    facts = {"products": found, "more": more, "page": number, "words": words, "category": category}
    return render(request, "market/products.html", facts)


@require_safe
def product(request: HttpRequest, slug: str) -> HttpResponse:
    found = _offered(slug)
    return _shown(request, found, None)


def _shown(request: HttpRequest, found: Product, form: ReviewForm | None) -> HttpResponse:
    others = (
        queries.on_sale().filter(stall_id=found.stall_id).exclude(id=found.id).order_by("name")[:4]
    ).prefetch_related("images")
    facts: dict[str, object] = {
        "product": found,
        "others": others,
        "reviews": opinions.of(found),
    }
    person = request.user if isinstance(request.user, Person) else None
    if person and opinions.may_write(found, person) and not opinions.written_by(found, person):
        facts["form"] = form or ReviewForm()
    status = 422 if form else 200
    return render(request, "market/product.html", facts, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps what a customer thinks of a product; sent twice it is one review."""
    found, person = _offered(slug), request.user
    assert isinstance(person, Person)
    back = f"{reverse('product', args=[slug])}#reviews"
    if request.method != "POST":  # who had to log in first comes back by a link
        return redirect(back)
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _shown(request, found, form)
    try:
        allow_write(request)
        operations.review(product=found, author=person, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "Thank you. Your review is below.")
    except Conflict as problem:
        messages.info(request, str(problem))
    except Forbidden as problem:
        log.warning("authorization_denied", extra={"route": route_of(request), "person": person.pk})
        messages.error(request, str(problem))
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect(back)


def _offered(slug: str) -> Product:
    found = queries.on_sale().prefetch_related("images").filter(slug=slug).first()
    if found is None:
        raise Http404
    return found
