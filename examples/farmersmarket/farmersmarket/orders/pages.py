"""Pages of buying: cart, checkout, tracking."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from farmersmarket.answers.limits import HOUR
from farmersmarket.catalog.queries import on_sale, windows
from farmersmarket.letters.queries import of_order
from farmersmarket.orders import cart, domain, guests, live, operations, payments
from farmersmarket.orders.api import move, role_for
from farmersmarket.orders.forms import KEY, CheckoutForm, digest, new_key
from farmersmarket.orders.models import Order
from farmersmarket.orders.parts import parts, steps
from farmersmarket.people.models import Person


@never_cache
@require_safe
def show_cart(request: HttpRequest) -> HttpResponse:
    lines = cart.shown(request.session)
    return render(
        request,
        "market/cart.html",
        {"lines": lines, "total": sum(line.total_cents for line in lines)},
    )


@require_POST
def change_cart(request: HttpRequest) -> HttpResponse:
    """``product`` and ``quantity``; ``add=1`` adds to what is there."""
    raw_id, raw_quantity = request.POST.get("product", ""), request.POST.get("quantity", "1")
    product = on_sale().filter(id=int(raw_id)).first() if _whole(raw_id) else None
    if product is None or not _whole(raw_quantity):
        messages.error(request, "That product or amount is not available.")
        return redirect("cart")
    wanted = int(raw_quantity)
    if request.POST.get("add"):
        wanted += cart.quantity_of(request.session, product)
    kept = cart.put(request.session, product, wanted)
    if not kept:
        messages.error(request, f"A cart holds at most {cart.MOST_PRODUCTS} products.")
    elif request.POST.get("add"):
        messages.success(request, f"{product.name} is in your cart.")
    return redirect("cart")


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def checkout(request: HttpRequest) -> HttpResponse:
    lines = cart.shown(request.session) if request.method != "POST" else []
    wanted = cart.lines(request.session)
    if not wanted:
        return _again(request)
    now = timezone.now()
    offered = on_sale().filter(id__in=[line.product_id for line in wanted])
    stalls = list(offered.values_list("stall_id", flat=True))
    person = request.user if isinstance(request.user, Person) else None
    initial = {
        "checkout_key": new_key(),
        "seen": digest(wanted),
        "name": person.name if person else "",
        "email": person.email if person else "",
    }
    sent = request.POST if request.method == "POST" else None
    form = CheckoutForm(sent, windows=windows(stalls, now), initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if len(stalls) < len(wanted):
            form.add_error(None, str(domain.Gone()))
            status = domain.Gone.status
        elif form.is_valid():
            try:
                asked = form.order(wanted)
                guests.allow(request, email=asked["email"], key=asked["checkout_key"])
                order = operations.place(
                    lines=wanted, payments=payments.provider(), now=now, customer=person, **asked
                )
            except domain.OrderProblem as problem:
                form.add_error(None, str(problem))
                status = problem.status
            else:
                cart.clear(request.session)
                return redirect("track", order.id)
        lines = cart.shown(request.session)
    facts = {"form": form, "lines": lines, "total": sum(line.total_cents for line in lines)}
    facts["paid"] = payments.way()
    if form.is_bound:
        form.show(cart.lines(request.session))
    response = render(request, "market/checkout.html", facts, status=status)
    if status == domain.TooManyOrders.status:
        response["Retry-After"] = str(HOUR)
    return response


def _again(request: HttpRequest) -> HttpResponse:
    # A form that is sent twice comes back with an empty cart: show the order that it made.
    key = request.POST.get("checkout_key", "")
    earlier = Order.objects.filter(checkout_key=key).first() if KEY.match(key) else None
    if earlier:
        return redirect("track", earlier.id)
    messages.error(request, "Your cart is empty.")
    return redirect("cart")


@require_safe
def track(request: HttpRequest, order_id: str) -> HttpResponse:
    order = _order(order_id)
    person = request.user if isinstance(request.user, Person) else None
    staff = (
        person is not None
        and person.role != Person.Role.CUSTOMER
        and person.id != order.customer_id
    )
    farmer = person if staff and person is not None and person.role == Person.Role.FARMER else None
    events = list(order.events.all())
    reached = {event.status: event.at for event in steps(events)}
    lines = list(order.lines.select_related("product__stall"))
    stalls, role = parts(order, lines, events), role_for(request, order)
    facts = {
        "order": order,
        "lines": lines,
        "parts": stalls if len(stalls) > 1 else [],
        "may_review": order.status == domain.COLLECTED
        and person is not None
        and person.id == order.customer_id,
        "steps": [
            {"status": status, "at": reached.get(status), "now": status == order.status}
            for status in domain.PATH
        ],
        "ended": order.status in (domain.CANCELLED, domain.REFUNDED),
        "moving": order.status not in (domain.CANCELLED, domain.REFUNDED, domain.COLLECTED),
        "may_cancel": role != "farmer"  # who cancels among the orders of their day
        and all(
            domain.CANCELLED in domain.next_steps(status, role)
            for status in (order.status, *(part.status for part in stalls))
        ),
        "newest": events[-1].id if events else 0,
        "staff": staff,
        "conversations": of_order(order, farmer),
        "now": timezone.now(),
    }
    response = render(request, "market/track.html", facts)
    response["Cache-Control"] = "private, no-store"
    if not staff:
        # The service worker keeps what belongs to whoever ordered, and nothing that staff look at.
        response["X-Keep-Offline"] = "yes"
    return response


@require_POST
def cancel(request: HttpRequest, order_id: str) -> HttpResponse:
    order = _order(order_id)
    try:
        move(request, order, domain.CANCELLED)
    except domain.OrderProblem as problem:
        messages.error(request, str(problem))
    return redirect("track", order.id)


@require_safe
def events(request: HttpRequest, order_id: str) -> HttpResponseBase:
    order = _order(order_id)
    last = request.headers.get("Last-Event-ID", request.GET.get("after", "0"))
    response = StreamingHttpResponse(
        live.stream(order.id, int(last) if _whole(last) else 0), content_type="text/event-stream"
    )
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _order(order_id: str) -> Order:
    order = Order.objects.select_related("card_payment").filter(id=order_id).first()
    if order is None:
        raise Http404
    return order
