"""Pages of the shop: home, stalls, products."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from farmersmarket.catalog import opinions, queries
from farmersmarket.catalog.models import Category
from farmersmarket.orders import cart, payments


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
    found = queries.on_sale().prefetch_related("images").filter(slug=slug).first()
    if found is None:
        raise Http404
    others = (
        queries.on_sale().filter(stall_id=found.stall_id).exclude(id=found.id).order_by("name")[:4]
    ).prefetch_related("images")
    facts = {"product": found, "others": others, "reviews": opinions.of(found)}
    return render(request, "market/product.html", facts)
