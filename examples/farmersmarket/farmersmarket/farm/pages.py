"""Pages of farmers and of the market's office."""

import logging
from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from farmersmarket.answers.problems import Problem
from farmersmarket.catalog import operations as catalog
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.farm import queries
from farmersmarket.orders import domain, operations
from farmersmarket.orders.api import role_for
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


def only(*roles: str) -> Callable[[View], View]:
    """Lets people with one of ``roles`` in; others are told so, and it is logged."""

    def around(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not isinstance(request.user, Person) or request.user.role not in roles:
                log.warning(
                    "authorization_denied", extra={"path": request.path, "person": request.user.pk}
                )
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return login_required(checked)

    return around


@never_cache
@require_safe
@only("farmer")
def farm(request: HttpRequest) -> HttpResponse:
    """Open orders by pickup time, stock that runs out, revenue by week."""
    now, farmer = timezone.now(), request.user
    assert isinstance(farmer, Person)
    facts = {
        "tasks": queries.tasks(farmer, now),
        "low": queries.low_stock(farmer),
        "weeks": queries.weeks(farmer, now),
        "stalls": farmer.stalls.order_by("name"),
        "products": Product.objects.filter(stall__farmer=farmer, archived=False).order_by("name"),
    }
    return render(request, "market/farm.html", facts)


@require_POST
@only("farmer", "admin")
def move_order(request: HttpRequest, order_id: str) -> HttpResponse:
    order = Order.objects.filter(id=order_id).first()
    if order is None:
        raise Http404
    try:
        operations.change_status(
            order_id=order.id,
            wanted=request.POST.get("status", ""),
            role=role_for(request, order),
            actor=str(request.user),
            now=timezone.now(),
        )
    except domain.OrderProblem as problem:
        messages.error(request, str(problem))
    return redirect("farm" if getattr(request.user, "role", "") == "farmer" else "office")


@require_POST
@only("farmer")
def adjust_stock(request: HttpRequest, slug: str) -> HttpResponse:
    product = Product.objects.filter(slug=slug, stall__farmer=request.user, archived=False).first()
    if product is None:
        raise Http404
    raw = request.POST.get("by", "")
    try:
        by = int(raw) if len(raw) < 8 else 0
    except ValueError:
        by = 0
    try:
        stock = catalog.adjust(product=product, by=by, reason="counted", now=timezone.now())
        messages.success(request, f"{product.name}: {stock} in stock.")
    except Problem as problem:
        messages.error(request, str(problem))
    return redirect("farm")


@require_POST
@only("farmer")
def open_slots(request: HttpRequest, slug: str) -> HttpResponse:
    """Opens two hours a day for the coming week."""
    stalls = list(Stall.objects.filter(slug=slug, farmer=request.user))
    if not stalls:
        raise Http404
    hour, capacity = request.POST.get("hour", ""), request.POST.get("capacity", "")
    if hour not in {str(hour) for hour in range(5, 21)} or capacity not in {
        str(most) for most in range(1, 1001)
    }:
        messages.error(request, "Choose an hour from 5 to 20 and 1 to 1000 orders.")
        return redirect("farm")
    count = catalog.open_slots(
        stalls, hours=[int(hour)], capacity=int(capacity), now=timezone.now()
    )
    messages.success(request, f"{stalls[0].name} has {count} open pickup times.")
    return redirect("farm")


@never_cache
@require_safe
@only("admin")
def office(request: HttpRequest) -> HttpResponse:
    """Stalls to verify, orders by status, what may be refunded, revenue."""
    refundable = Order.objects.filter(status__in=(domain.CANCELLED, domain.COLLECTED)).order_by(
        "-created_at"
    )[:20]
    facts = {
        "waiting": Stall.objects.filter(verified=False)
        .select_related("farmer")
        .order_by("id")[:50],
        "statuses": queries.orders_by_status(),
        "refundable": refundable,
        "delivery": queries.delivery(),
        "weeks": queries.weeks(None, timezone.now()),
    }
    return render(request, "market/office.html", facts)


@require_POST
@only("admin")
def verify_stall(request: HttpRequest, stall_id: int) -> HttpResponse:
    if catalog.verify(stall_id):
        log.info("stall_verified", extra={"stall": stall_id, "person": request.user.pk})
        messages.success(request, "The stall is open.")
    return redirect("office")
