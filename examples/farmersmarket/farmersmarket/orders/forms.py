"""The checkout form."""

import re
from collections.abc import Sequence
from datetime import datetime

from django import forms

from farmersmarket.catalog.queries import Window

KEY = re.compile(r"^[A-Za-z0-9_-]{20,40}$")


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

    def __init__(self, *args: object, windows: Sequence[Window], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.windows = {window.starts_at.isoformat(): window for window in windows}
        field = self.fields["pickup_at"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, key) for key in self.windows]
        field.error_messages["invalid_choice"] = "That pickup time is no longer free."

    def clean_pickup_at(self) -> datetime:
        return self.windows[self.cleaned_data["pickup_at"]].starts_at
