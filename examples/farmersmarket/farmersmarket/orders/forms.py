"""The checkout form."""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django import forms

from farmersmarket.catalog.queries import Window
from farmersmarket.orders.domain import CartChanged, Line

KEY = re.compile(r"^[A-Za-z0-9_-]{20,40}$")


def new_key() -> str:
    """Names one order, however often its form is sent."""
    return secrets.token_urlsafe(24)


def digest(lines: Sequence[Line]) -> str:
    """Which products, how many and at what prices a form was shown with."""
    facts = sorted((line.product_id, line.quantity, line.price_cents) for line in lines)
    return sha256(repr(facts).encode()).hexdigest()[:16]


class CheckoutForm(forms.Form):
    """Name, address of mail, pickup time; the key makes a second submit harmless."""

    name = forms.CharField(
        max_length=100, strip=True, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    pickup_at = forms.ChoiceField(label="Pickup time")
    note = forms.CharField(max_length=300, required=False, strip=True)
    checkout_key = forms.RegexField(KEY, widget=forms.HiddenInput())
    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput())

    def __init__(self, *args: object, windows: Sequence[Window], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.windows = {window.starts_at.isoformat(): window for window in windows}
        field = self.fields["pickup_at"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, key) for key in self.windows]
        field.error_messages["invalid_choice"] = "That pickup time is no longer free."

    def clean_pickup_at(self) -> datetime:
        return self.windows[self.cleaned_data["pickup_at"]].starts_at

    def order(self, lines: Sequence[Line]) -> dict[str, Any]:
        """What was written, to order ``lines`` by. Raises ``CartChanged`` when the form was shown with others."""
        facts = dict(self.cleaned_data)
        if facts.pop("seen") not in ("", digest(lines)):
            # Another order than this form was for, if that was placed.
            self.data = {**_plain(self.data), "checkout_key": new_key()}
            raise CartChanged
        return facts

    def show(self, lines: Sequence[Line]) -> None:
        """Lets the form be sent again over ``lines``."""
        self.data = {**_plain(self.data), "seen": digest(lines)}


def _plain(data: Any) -> dict[str, str]:
    return {name: data[name] for name in data}
