"""What a customer thinks of a product, as it is written on its page."""

from django import forms
from django.core.validators import RegexValidator

from farmersmarket.catalog.schemas import NO_CONTROL

STARS = [(5, "5, very good"), (4, "4, good"), (3, "3, fair"), (2, "2, poor"), (1, "1, bad")]


class ReviewForm(forms.Form):
    stars = forms.TypedChoiceField(
        label="Stars", choices=STARS, coerce=int, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label="In your words",
        required=False,
        max_length=1000,
        validators=[RegexValidator(NO_CONTROL, "Please leave out control characters.")],
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")
