"""Pages of the market's office."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from farmersmarket.catalog.models import Stall
from farmersmarket.farm import operations, queries
from farmersmarket.orders import domain
from farmersmarket.orders.models import Order
from farmersmarket.outbox import operations as outbox
from farmersmarket.outbox.domain import CHANNELS
from farmersmarket.people.models import Person
from farmersmarket.people.roles import only, person_of

SHOWN = 50


@never_cache
@require_safe
@only("admin")
def office(request: HttpRequest) -> HttpResponse:
    """Figures, stalls to verify, the newest orders, what may be refunded, revenue, messages."""
    now = timezone.now()
    refundable = Order.objects.filter(status__in=(domain.CANCELLED, domain.COLLECTED)).order_by(
        "-created_at"
    )[:20]
    facts = {
        "waiting": Stall.objects.filter(verified=False, refused="")
        .select_related("farmer")
        .order_by("id")[:SHOWN],
        "figures": queries.figures(now),
        "statuses": queries.orders_by_status(),
        "newest": queries.find_orders(words)
        if (words := request.GET.get("q", "")[:100].strip())
        else Order.objects.order_by("-created_at")[:12],
        "refundable": refundable,
        "delivery": queries.delivery(),
        "weeks": queries.weeks(None, now),
    }
    return render(request, "market/office.html", facts)


@never_cache
@require_safe
@only("admin")
def stalls(request: HttpRequest) -> HttpResponse:
    """Stalls whose name or town has the words, those that are closed first."""
    words = request.GET.get("q", "").replace("\x00", "")[:100].strip()
    found = Stall.objects.select_related("farmer").order_by("verified", "name", "id")
    if words:
        found = found.filter(Q(name__icontains=words) | Q(town__icontains=words))
    return render(request, "market/office_stalls.html", {"stalls": found[:SHOWN], "words": words})


@never_cache
@require_safe
@only("admin")
def stall(request: HttpRequest, stall_id: int) -> HttpResponse:
    """One stall: whose it is, how it stands, and what closing it would mean."""
    return _shown(request, _stall(stall_id))


@require_POST
@only("admin")
def open_stall(request: HttpRequest, stall_id: int) -> HttpResponse:
    found = operations.open_stall(
        stall_id=_stall(stall_id).id, by=person_of(request), now=timezone.now()
    )
    messages.success(request, f"{found.name} is open.")
    return redirect("office")


@require_POST
@only("admin")
def close_stall(request: HttpRequest, stall_id: int) -> HttpResponse:
    """Declines or suspends with a reason; with ``orders=cancel`` what is still to be handed over is cancelled."""
    found, by, now = _stall(stall_id), person_of(request), timezone.now()
    try:
        closed = operations.close_stall(
            stall_id=found.id, reason=request.POST.get("reason", ""), by=by, now=now
        )
    except operations.StallProblem as problem:
        return _shown(request, found, problem=str(problem), status=422)
    messages.success(request, f"{closed.name} is {closed.refused}. Its farmer is told why.")
    if request.POST.get("orders") == "cancel":
        _cancel(request, closed, by)
    return redirect("office_stall", closed.id)


@require_POST
@only("admin")
def cancel_orders(request: HttpRequest, stall_id: int) -> HttpResponse:
    """Cancels what a closed stall has still to hand over."""
    found = _stall(stall_id)
    if found.verified:
        messages.error(request, f"{found.name} is open. Suspend it first.")
    else:
        _cancel(request, found, person_of(request))
    return redirect("office_stall", found.id)


@require_POST
@only("admin")
def send_again(request: HttpRequest) -> HttpResponse:
    """Owes once more what was given up on ``channel``."""
    channel = request.POST.get("channel", "")
    if channel not in CHANNELS:
        raise Http404
    count = outbox.send_again(channel=channel, now=timezone.now())
    messages.success(request, f"{count} message{'' if count == 1 else 's'} will be sent again.")
    return redirect("office")


def _cancel(request: HttpRequest, stall: Stall, by: Person) -> None:
    count = operations.cancel_open_orders(stall=stall, by=by, now=timezone.now())
    messages.success(request, f"{count} order{'' if count == 1 else 's'} cancelled.")


def _stall(stall_id: int) -> Stall:
    found = Stall.objects.select_related("farmer").filter(id=stall_id).first()
    if found is None:
        raise Http404
    return found


def _shown(request: HttpRequest, stall: Stall, *, status: int = 200, **more: Any) -> HttpResponse:
    facts = {
        "stall": stall,
        "products": stall.products.filter(archived=False).count(),
        "open": queries.open_orders(stall).count(),
        "shared": queries.shared_orders(stall),
        "longest": operations.LONGEST,
        "reason": request.POST.get("reason", ""),
        "cancel": request.POST.get("orders") == "cancel",
        **more,
    }
    return render(request, "market/office_stall.html", facts, status=status)
