"""Where the payment provider tells what happened: ``POST /webhooks/stripe``."""

import logging

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from farmersmarket.answers.problems import document
from farmersmarket.orders.card_payments import take

MOST_BYTES = 256 * 1024
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def stripe_events(request: HttpRequest) -> HttpResponse:
    """Takes an event with a good signature; answers 200 to repeats and to what means nothing here."""
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise Http404
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return document(413, "Too large", "An event has at most 256 KiB.")
    from farmersmarket.orders.stripe_cards import CURRENCY, verified

    try:
        event = verified(
            request.body,
            request.headers.get("Stripe-Signature", ""),
            settings.STRIPE_WEBHOOK_SECRET,
        )
    except ValueError as error:
        log.warning("payment_error", extra={"what": "webhook refused", "error": str(error)[:60]})
        return document(400, "Refused", "This is no event that was signed for this market now.")
    became = take(event, currency=CURRENCY, now=timezone.now())
    log.info("payment_event", extra={"kind": str(event.get("type"))[:80], "became": became})
    return HttpResponse(status=200)
