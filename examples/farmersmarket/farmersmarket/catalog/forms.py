"""What a customer thinks of a product, as it is written on its page."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from farmersmarket.catalog.schemas import NO_CONTROL

STARS = [(5, "5, very good"), (4, "4, good"), (3, "3, fair"), (2, "2, poor"), (1, "1, bad")]


class LinesField(forms.CharField):
    """What is written in a textarea: it counts the end of a line as one character, and sends two."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value.replace("\r\n", "\n") if value else value))


class ReviewForm(forms.Form):
    stars = forms.TypedChoiceField(
        label="Stars", choices=STARS, coerce=int, widget=forms.RadioSelect
    )
    text = LinesField(
        label="In your words",
        required=False,
        max_length=1000,
        validators=[RegexValidator(NO_CONTROL, "Please leave out control characters.")],
        widget=forms.Textarea(attrs={"rows": 3}),
    )
