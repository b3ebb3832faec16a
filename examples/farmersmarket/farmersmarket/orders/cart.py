"""The cart in the session: product, quantity, and the price that was shown."""

from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase

from farmersmarket.catalog.models import Product
from farmersmarket.catalog.queries import on_sale
from farmersmarket.orders.domain import Line

MOST = 50
MOST_PRODUCTS = 40
_KEY = "cart"


@dataclass(frozen=True)
class CartLine:
    """A line with its product, for pages."""

    product: Product
    quantity: int
    price_cents: int

    @property
    def total_cents(self) -> int:
        return self.quantity * self.price_cents

    @property
    def short(self) -> bool:
        return self.product.stock < self.quantity


def put(session: SessionBase, product: Product, quantity: int) -> bool:
    """Sets how many of ``product`` are in the cart; 0 or less takes it out, more than 50 becomes 50.

    False for a cart that holds as many products as it may.
    """
    items = dict(session.get(_KEY, {}))
    items.pop(str(product.id), None)
    room = len(items) < MOST_PRODUCTS
    if quantity > 0 and room:
        items[str(product.id)] = [min(quantity, MOST), product.price_cents]
    session[_KEY] = items
    return room or quantity <= 0


def quantity_of(session: SessionBase, product: Product) -> int:
    return int(session.get(_KEY, {}).get(str(product.id), [0])[0])


def clear(session: SessionBase) -> None:
    session.pop(_KEY, None)


def size(session: SessionBase) -> int:
    """How many pieces are in the cart."""
    return sum(quantity for quantity, _ in session.get(_KEY, {}).values())


def lines(session: SessionBase) -> list[Line]:
    """The cart as it will be ordered, at the prices that were seen."""
    return [
        Line(int(key), quantity, price) for key, (quantity, price) in session.get(_KEY, {}).items()
    ]


def shown(session: SessionBase) -> list[CartLine]:
    """The cart with its products; those that are gone are taken out, and prices become today's."""
    items = dict(session.get(_KEY, {}))
    products = on_sale().in_bulk([int(key) for key in items])
    fresh = {
        key: [quantity, products[int(key)].price_cents]
        for key, (quantity, _) in items.items()
        if int(key) in products
    }
    if fresh != items:
        session[_KEY] = fresh
    return [
        CartLine(products[int(key)], quantity, price) for key, (quantity, price) in fresh.items()
    ]
