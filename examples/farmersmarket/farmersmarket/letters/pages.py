"""Sending a letter. Whoever has an order's address writes as its customer, a stall's farmer as the stall."""

import logging

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from farmersmarket.answers import limits
from farmersmarket.catalog.models import Stall
from farmersmarket.letters import operations
from farmersmarket.letters.models import CUSTOMER, FARMER
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from farmersmarket.telemetry import route_of

log = logging.getLogger(__name__)


@require_POST
def write(request: HttpRequest, order_id: str, slug: str) -> HttpResponse:
    """``text`` to the other side; a farmer with ``settle=1`` says that no answer is needed."""
    order, stall = (
        Order.objects.filter(id=order_id).first(),
        Stall.objects.filter(slug=slug).first(),
    )
    if order is None or stall is None:
        raise Http404
    author = _side(request, order, stall)
    try:
        if author == FARMER and request.POST.get("settle"):
            operations.settle(order=order, stall=stall)
        elif not limits.count("letter-from", limits.address(request), most=60, seconds=3600):
            messages.error(request, "Too many messages from here. Please wait an hour.")
        else:
            text = request.POST.get("text", "")
            operations.write(order=order, stall=stall, author=author, text=text, now=timezone.now())
            messages.success(request, "Your message was sent.")
    except operations.LetterProblem as problem:
        messages.error(request, str(problem))
    back = (
        reverse("farm") if request.POST.get("from") == "farm" else reverse("track", args=[order.id])
    )
    return redirect(f"{back}#letters")


def _side(request: HttpRequest, order: Order, stall: Stall) -> str:
    person = request.user
    if not isinstance(person, Person) or person.role == Person.Role.CUSTOMER:
        return CUSTOMER
    if person.id == stall.farmer_id:
        return FARMER
    if person.id == order.customer_id:
        return CUSTOMER
    log.warning("authorization_denied", extra={"route": route_of(request), "person": person.pk})
    raise PermissionDenied
