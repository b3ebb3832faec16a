"""How an order is paid, in words that are true at the moment. Pure."""

from farmersmarket.orders import domain, paying

AT_PICKUP, BY_CARD, RESERVED = "at-pickup", "card", "reserved"
_BY_CARD = {
    paying.OPEN: "Please pay {amount} by card. We keep everything for you for an hour.",
    paying.PAID: "Paid by card. Nothing is left to pay at the stall.",
    paying.CLOSING: "Nothing was charged to your card.",
    paying.CLOSED: "Nothing was charged to your card.",
    paying.REFUNDING: "Your money is on its way back to your card.",
    paying.REFUNDED: "Your money was given back to your card.",
}
_AT_PICKUP = {
    domain.COLLECTED: "Paid at the stall.",
    domain.CANCELLED: "There is nothing to pay.",
    domain.REFUNDED: "There is nothing left to pay.",
}
_RESERVED = {
    domain.CANCELLED: "Nothing is charged for it.",
    domain.REFUNDED: "Your money was given back.",
}


def way(reference: str, card: str) -> str:
    """How an order is paid, from what its provider calls it and the state of its card payment, "" without one."""
    return BY_CARD if card else AT_PICKUP if reference in ("", AT_PICKUP) else RESERVED


def to_customer(*, reference: str, card: str, status: str, amount: str) -> str:
    """What the customer of an order has to pay, or gets back."""
    how = way(reference, card)
    if how == BY_CARD:
        if card == paying.PAID and status == domain.CANCELLED:
            return "Paid by card. Our office gives the money back."
        return _BY_CARD[card].format(amount=amount)
    if how == AT_PICKUP:
        return _AT_PICKUP.get(status, f"You pay {amount} when you pick up.")
    return _RESERVED.get(status, f"{amount} was reserved when you ordered.")


def to_farmer(*, reference: str, card: str, amount: str) -> str:
    """Whether a stall has to take money when it hands an order over; ``amount`` is the stall's part."""
    how = way(reference, card)
    if how == BY_CARD:
        return "paid by card" if card == paying.PAID else "not paid yet"
    return f"pays {amount} at pickup" if how == AT_PICKUP else "nothing to take, it is reserved"
