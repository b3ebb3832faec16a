"""How many orders one visitor places within an hour: nothing else keeps whoever pays at pickup from taking everything."""

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from farmersmarket.answers import limits
from farmersmarket.orders.domain import TooManyOrders
from farmersmarket.people.models import Person


def allow(request: HttpRequest, *, email: str, key: str) -> None:
    """Counts an order that is about to be placed. Raises ``TooManyOrders``.

    An account is counted by itself. A guest is counted by address and network together, so that nobody uses up the orders
    of somebody else by writing their address, and the guests of one network all together. A form counts once: what was
    sold out is tried again with the same ``key``, and makes one order at most.
    """
    counted, network = f"order-counted:{key}", limits.network(request)
    if isinstance(request.user, Person):
        refusal = "You have placed many orders. Please wait an hour."
        sums = [("order-account", str(request.user.pk), settings.ORDERS_OF_CUSTOMER)]
    elif network:
        refusal = "Many orders came from here. Please wait an hour, or log in to order at once."
        guest = salted_hmac("guest", f"{network} {email.lower()}", algorithm="sha256").hexdigest()
        # The network first: beyond its orders no new address is worth a counter.
        sums = [
            ("order-network", network, settings.ORDERS_OF_NETWORK),
            ("order-guest", guest[:24], settings.ORDERS_OF_CUSTOMER),
        ]
    else:
        return
    if cache.get(counted):
        return
    for what, who, most in sums:
        if most and not limits.count(what, who, most=most, seconds=limits.HOUR):
            raise TooManyOrders(refusal)
    cache.set(counted, 1, limits.HOUR)
