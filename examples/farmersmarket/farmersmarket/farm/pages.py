"""The page of a farmer's day."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from farmersmarket.catalog import operations as catalog
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.farm import queries
from farmersmarket.letters.queries import to_answer
from farmersmarket.orders import domain
from farmersmarket.orders.api import move
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from farmersmarket.people.roles import only


@never_cache
@require_safe
@only("farmer")
def farm(request: HttpRequest) -> HttpResponse:
    """Open orders by day and pickup time, messages, stock that runs out, revenue by week, products."""
    now, farmer = timezone.now(), request.user
    assert isinstance(farmer, Person)
    tasks = queries.tasks(farmer, now)
    facts = {
        "days": queries.days(tasks, now),
        "open": len(tasks),
        "letters": to_answer(farmer),
        "low": list(queries.low_stock(farmer)),
        "weeks": queries.weeks(farmer, now),
        "stalls": farmer.stalls.order_by("name"),
        "products": Product.objects.filter(stall__farmer=farmer, archived=False)
        .prefetch_related("images")
        .order_by("name"),
    }
    return render(request, "market/farm.html", facts)


@require_POST
@only("farmer", "admin")
def move_order(request: HttpRequest, order_id: str) -> HttpResponse:
    order = Order.objects.filter(id=order_id).first()
    if order is None:
        raise Http404
    try:
        move(request, order, request.POST.get("status", ""))
    except domain.OrderProblem as problem:
        messages.error(request, str(problem))
    if getattr(request.user, "role", "") == "farmer":
        return redirect(f"{reverse('farm')}#orders")
    return redirect("office")


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
