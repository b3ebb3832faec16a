"""What a farmer writes about a product."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from PIL import Image

from farmersmarket.answers.problems import Invalid
from farmersmarket.catalog import images
from farmersmarket.catalog.forms import LinesField
from farmersmarket.catalog.models import Category, Product, Stall
from farmersmarket.catalog.operations import LARGEST, Facts
from farmersmarket.catalog.schemas import NO_CONTROL
from farmersmarket.people.models import Person

_PLAIN = RegexValidator(NO_CONTROL, "Please leave out control characters.")
_TYPES = "image/jpeg,image/png,image/webp"


class PriceField(forms.DecimalField):
    """Euros, with a comma or a point."""

    def to_python(self, value: Any) -> Decimal | None:
        return super().to_python(value.replace(",", ".") if isinstance(value, str) else value)


class ProductForm(forms.Form):
    """A new product, or a change of ``product``.

    Stock is changed by the difference to what the farmer saw: orders may have taken some since.
    """

    stall = forms.ModelChoiceField(Stall.objects.none(), empty_label=None)
    name = forms.CharField(max_length=100, validators=[_PLAIN])
    category = forms.ChoiceField(choices=[("", "Choose one"), *Category.choices])
    price = PriceField(
        label="Price in €",
        min_value=Decimal("0.01"),
        max_value=100_000,
        max_digits=8,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    unit = forms.CharField(
        max_length=20,
        initial="piece",
        validators=[_PLAIN],
        label="Sold by the",
        help_text="piece, kg, bunch, jar ...",
    )
    stock = forms.IntegerField(label="In stock", min_value=0, max_value=1_000_000)
    organic = forms.BooleanField(required=False, label="Organic, with a certificate")
    description = LinesField(
        required=False,
        max_length=2000,
        validators=[_PLAIN],
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    picture = forms.FileField(
        required=False,
        label="Picture",
        help_text="JPEG, PNG or WebP of at most 4 MiB.",
        widget=forms.FileInput(attrs={"accept": _TYPES}),
    )
    alt = forms.CharField(
        required=False, max_length=150, validators=[_PLAIN], label="What the picture shows"
    )
    version = forms.IntegerField(
        min_value=1, max_value=LARGEST, required=False, widget=forms.HiddenInput
    )
    stock_seen = forms.IntegerField(
        min_value=0, max_value=LARGEST, required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, farmer: Person, product: Product | None = None) -> None:
        super().__init__(*args, initial=_written(product) if product else None)
        self._product = product
        stalls = farmer.stalls.order_by("name")
        field = self.fields["stall"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = stalls.filter(id=product.stall_id) if product else stalls
        if len(stalls) == 1 or product:
            field.initial = field.queryset.first()
            field.required, field.disabled, field.widget = False, True, forms.HiddenInput()

    def clean_picture(self) -> Image.Image | None:
        file = self.cleaned_data["picture"]
        if not isinstance(file, UploadedFile):
            return None
        try:
            if self._product:
                images.check_room(self._product)
            return images.decoded(file.read(images.MOST_BYTES + 1))
        except Invalid as problem:
            message = problem.errors[0]["message"]
            raise forms.ValidationError(f"{message[0].upper()}{message[1:]}.") from problem

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        others = Product.objects.filter(
            stall=given.get("stall"), name__iexact=given.get("name", ""), archived=False
        )
        if self._product and self._product.name == given.get("name"):
            return given
        if others.exclude(id=self._product and self._product.id).exists():
            self.add_error("name", "There is a product of this name at your stall already.")
        return given

    def facts(self) -> Facts:
        """What was written, once it is valid."""
        given = self.cleaned_data
        return Facts(
            name=given["name"],
            description=given["description"],
            category=given["category"],
            unit=given["unit"],
            price_cents=int(given["price"] * 100),
            organic=given["organic"],
        )

    def pieces_more(self) -> int:
        """By how many pieces the farmer changed the stock that the form had shown."""
        return int(self.cleaned_data["stock"]) - int(self.cleaned_data["stock_seen"] or 0)

    def show_as_it_is(self, product: Product) -> None:
        """Lets the same form be sent again over what somebody else has written since."""
        stock = max(0, product.stock + self.pieces_more())
        facts = {"version": product.version, "stock_seen": product.stock, "stock": stock}
        self.data = self.data.copy()
        self.data.update({key: str(value) for key, value in facts.items()})


def _written(product: Product) -> dict[str, Any]:
    return {
        "stall": product.stall_id,
        "name": product.name,
        "category": product.category,
        "price": f"{product.price_cents / 100:.2f}",
        "unit": product.unit,
        "stock": product.stock,
        "stock_seen": product.stock,
        "organic": product.organic,
        "description": product.description,
        "version": product.version,
    }
