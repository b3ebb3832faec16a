"""What may happen to an order, and by whom. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Role = Literal["customer", "farmer", "admin", "market"]
MOST_CENTS = 99_999_999
PENDING, CONFIRMED, PREPARING, READY = "PENDING", "CONFIRMED", "PREPARING", "READY"
COLLECTED, CANCELLED, REFUNDED = "COLLECTED", "CANCELLED", "REFUNDED"
ENDED = (COLLECTED, CANCELLED, REFUNDED)
STATUSES = (PENDING, CONFIRMED, PREPARING, READY, *ENDED)
# The way to the good end, of an order and of each stall's part of it.
PATH = (PENDING, CONFIRMED, PREPARING, READY, COLLECTED)

_STAFF: frozenset[Role] = frozenset({"farmer", "admin"})
_EVERYONE: frozenset[Role] = frozenset({"customer", "farmer", "admin"})
_ADMIN: frozenset[Role] = frozenset({"admin", "market"})
TRANSITIONS: dict[tuple[str, str], frozenset[Role]] = {
    (PENDING, CONFIRMED): _STAFF,
    (CONFIRMED, PREPARING): _STAFF,
    (PREPARING, READY): _STAFF,
    (READY, COLLECTED): _STAFF,
    (PENDING, CANCELLED): _EVERYONE | {"market"},
    (CONFIRMED, CANCELLED): _EVERYONE,
    (PREPARING, CANCELLED): _STAFF,
    (READY, CANCELLED): _STAFF,
    (COLLECTED, REFUNDED): _ADMIN,
    (CANCELLED, REFUNDED): _ADMIN,
}


class OrderProblem(Exception):  # noqa: N818
    """Something a customer or farmer can put right; the message is for them."""

    status = 409


class NotAllowed(OrderProblem):
    """The role may not make this step."""

    status = 403


class NoSuchStep(OrderProblem):
    """An order in this status cannot get there."""


class Shared(NotAllowed):
    """A farmer cannot undo what other stalls sell."""

    def __init__(self) -> None:
        super().__init__(
            "This order holds products of other stalls, too. Its customer or the office can cancel it."
        )


class SoldOut(OrderProblem):
    """Not enough left of a product."""


class WindowFull(OrderProblem):
    """The pickup time has no room left at one of the stalls."""


class PriceChanged(OrderProblem):
    """A price is not the one the customer saw."""


class CartChanged(OrderProblem):
    """The cart is not the one that the customer saw on the page that they sent."""

    def __init__(self) -> None:
        super().__init__("Your cart has changed meanwhile. This is what is in it now.")


class NotPaid(OrderProblem):
    """It is to be paid by card before it is confirmed."""


class Gone(OrderProblem):
    """A product that cannot be ordered any more."""

    def __init__(self) -> None:
        super().__init__(
            "A product of your cart is no longer on sale. Please look at your cart again."
        )


class TooMuch(OrderProblem):
    """More than one payment can be: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts."""

    def __init__(self) -> None:
        super().__init__("One order is worth less than €1,000,000. Please order less at once.")


class TooManyOrders(OrderProblem):
    """More orders than one visitor places in an hour."""

    status = 429


class EmptyCart(OrderProblem):
    """Nothing to order."""


class PaymentUnavailable(OrderProblem):
    """The payment provider does not answer; nothing was ordered."""

    status = 503


@dataclass(frozen=True)
class Line:
    """One product in a cart at the price the customer saw."""

    product_id: int
    quantity: int
    price_cents: int

    @property
    def total_cents(self) -> int:
        return self.quantity * self.price_cents


def check_step(current: str, wanted: str, role: Role) -> None:
    """Raises ``NoSuchStep`` or ``NotAllowed`` unless ``role`` may take an order from ``current`` to ``wanted``."""
    roles = TRANSITIONS.get((current, wanted))
    if roles is None:
        raise NoSuchStep(f"An order that is {current.lower()} cannot become {wanted.lower()}.")
    if role not in roles:
        raise NotAllowed(f"A {role} may not make an order {wanted.lower()}.")


def part(order: str, said: str) -> str:
    """How far a stall is with its part: as its farmer ``said``, "" for nothing, and never behind the whole order."""
    return max(order, said, key=PATH.index) if order in PATH and said in PATH else order


def whole(parts: Iterable[str]) -> str:
    """How far an order is whose stalls are that far with their parts: as the slowest."""
    return min(parts, key=PATH.index)


def next_steps(current: str, role: Role) -> list[str]:
    """The statuses that ``role`` may give an order now."""
    return [
        wanted
        for (start, wanted), roles in TRANSITIONS.items()
        if start == current and role in roles
    ]
