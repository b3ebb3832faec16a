"""The life of a card payment, and of a reservation. Pure.

Its provider's events come twice, late and in any order: each state says what an event means there, and an event
that means nothing there changes nothing.
"""

OPEN, PAID, CLOSING, CLOSED = "open", "paid", "closing", "closed"
REFUNDING, REFUNDED = "refunding", "refunded"
# Reserved by a provider that has no page to pay on.
HELD = "held"
# Events of the provider, and the two wishes of the market.
WAS_PAID, RAN_OUT, GAVE_BACK = "was paid", "ran out", "gave back"
CLOSE, REFUND = "close", "refund"
NEXT: dict[tuple[str, str], str] = {
    (OPEN, WAS_PAID): PAID,
    (OPEN, RAN_OUT): CLOSED,
    (OPEN, CLOSE): CLOSING,
    (CLOSING, RAN_OUT): CLOSED,
    # Paid for an order that was cancelled meanwhile: the money goes back.
    (CLOSING, WAS_PAID): REFUNDING,
    (CLOSED, WAS_PAID): REFUNDING,
    (PAID, REFUND): REFUNDING,
    (HELD, CLOSE): CLOSING,
    (HELD, REFUND): CLOSING,
    **{(state, GAVE_BACK): REFUNDED for state in (OPEN, PAID, CLOSING, CLOSED, REFUNDING)},
}


def after(state: str, event: str) -> str:
    """The state that ``event`` leads to; the same one for an event that means nothing in it."""
    return NEXT.get((state, event), state)
