"""What goes in and out of the Products API."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from django.core.files.storage import default_storage
from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from farmersmarket.catalog.images import WIDTHS, name
from farmersmarket.catalog.models import Product, ProductImage
from farmersmarket.catalog.operations import Facts

Kind = Literal["vegetables", "fruit", "dairy", "bakery", "pantry", "flowers"]
NO_CONTROL = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$"
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=NO_CONTROL)
]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=NO_CONTROL)]
Unit = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=NO_CONTROL)
]
Price = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
Stock = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class Strict(Schema):
    """An unknown field is an error, not silence."""

    model_config = ConfigDict(extra="forbid")


class ProblemOut(Schema):
    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []


class ListIn(Schema):
    category: Kind | None = None
    stall: Annotated[str, Field(max_length=50, pattern=r"^[a-z0-9_-]*$")] | None = None
    price_min: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    price_max: Annotated[int, Field(ge=0, le=10_000_000)] | None = None
    in_stock: bool | None = None
    organic: bool | None = None
    sort: Literal["name", "price", "-price", "newest"] = "name"
    cursor: Annotated[str, Field(max_length=400)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class SearchIn(Schema):
    q: Annotated[str, Field(min_length=1, max_length=100)]
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class ProductIn(Strict):
    name: Name
    description: Text = ""
    category: Kind
    unit: Unit = "piece"
    price_cents: Price
    organic: bool = False

    def facts(self) -> Facts:
        return Facts(
            self.name, self.description, self.category, self.unit, self.price_cents, self.organic
        )


class ProductNew(ProductIn):
    stall: Annotated[str, Field(max_length=50, pattern=r"^[a-z0-9_-]*$")]
    stock: Stock = 0


class ProductPatch(Strict):
    name: Name | None = None
    description: Text | None = None
    category: Kind | None = None
    unit: Unit | None = None
    price_cents: Price | None = None
    organic: bool | None = None

    def facts(self, product: Product) -> Facts:
        """The product's facts with what was sent in their place."""
        now = Facts(
            product.name,
            product.description,
            product.category,
            product.unit,
            product.price_cents,
            product.organic,
        )
        return replace(now, **self.model_dump(exclude_none=True))


class ImageOut(Schema):
    id: int
    alt: str
    width: int
    height: int
    sources: dict[int, str]


class ProductOut(Schema):
    slug: str
    name: str
    description: str
    category: str
    unit: str
    price_cents: int
    organic: bool
    stock: int
    stall: str
    images: list[ImageOut]


class PageOut(Schema):
    products: list[ProductOut]
    next: str


class SearchOut(Schema):
    searched: str
    products: list[ProductOut]


class CategoryOut(Schema):
    key: str
    name: str


class InventoryOut(Schema):
    stock: int
    unit: str


class AdjustIn(Strict):
    by: Annotated[int, Field(ge=-1_000_000, le=1_000_000, strict=True)]
    reason: Annotated[str, StringConstraints(max_length=100, pattern=NO_CONTROL)] = ""


class PriceOut(Schema):
    price_cents: int
    at: datetime


class ReviewIn(Strict):
    stars: Annotated[int, Field(ge=1, le=5, strict=True)]
    text: Annotated[str, StringConstraints(max_length=1000, pattern=NO_CONTROL)] = ""


class ReviewOut(Schema):
    stars: int
    text: str
    author: str
    at: datetime


class ReviewsOut(Schema):
    reviews: list[ReviewOut]
    average: float | None


def image_out(image: ProductImage) -> dict[str, object]:
    """A picture with the address of each width."""
    sources = {width: default_storage.url(name(image.key, width)) for width in WIDTHS}
    return {
        "id": image.id,
        "alt": image.alt,
        "width": image.width,
        "height": image.height,
        "sources": sources,
    }


def product_out(product: Product) -> ProductOut:
    """A product for the API; read with its stall and images."""
    return ProductOut(
        slug=product.slug,
        name=product.name,
        description=product.description,
        category=product.category,
        unit=product.unit,
        price_cents=product.price_cents,
        organic=product.organic,
        stock=product.stock,
        stall=product.stall.slug,
        images=[ImageOut.model_validate(image_out(image)) for image in product.images.all()],
    )
