"""Template filters and tags."""

import re

from django import template
from django.core.files.storage import default_storage
from django.db.models import Manager
from django.templatetags.static import static

from farmersmarket.catalog.images import WIDTHS, name
from farmersmarket.catalog.models import Product, ProductImage
from farmersmarket.money import euro
from farmersmarket.orders import wording
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Notice

register = template.Library()
# Which drawing stands for a product without a picture: the first of these words in its name, else its category's.
DRAWN = (
    ("tomato passata", "passata"), ("apple juice", "juice"), ("apple tart", "cake"), ("plum cake", "cake"),
    ("strawberry jam", "jam"), ("rapeseed oil", "oil"), ("herb", "pot"), ("lavender", "pot"), ("carrot", "carrot"),
    ("potato", "potato"), ("spinach", "leaves"), ("kale", "leaves"), ("lettuce", "leaves"), ("beetroot", "beet"),
    ("radish", "beet"), ("leek", "leek"), ("tomato", "tomato"), ("courgette", "courgette"), ("onion", "onion"),
    ("pumpkin", "pumpkin"), ("apple", "apple"), ("pear", "pear"), ("strawberr", "strawberry"), ("plum", "plum"),
    ("raspberr", "berries"), ("blueberr", "berries"), ("cherr", "cherries"), ("milk", "milk"), ("cream", "milk"),
    ("butter croissant", "croissant"), ("butter", "butter"), ("cheese", "cheese"), ("yoghurt", "pots"), ("curd", "pots"),
    ("egg", "eggs"), ("pretzel", "pretzel"), ("roll", "rolls"), ("bread", "bread"), ("honey", "honey"), ("bean", "sack"),
    ("flour", "sack"), ("pickle", "pickles"), ("sunflower", "sunflower"), ("tulip", "tulips"), ("dahlia", "dahlia"),
    ("bouquet", "bouquet"),
)  # fmt: skip
OF_CATEGORY = {
    "vegetables": "carrot", "fruit": "apple", "dairy": "cheese", "bakery": "bread", "pantry": "honey", "flowers": "bouquet",
}  # fmt: skip
STALLS = {
    "garden": "vegetables", "orchard": "fruit", "dairy": "dairy", "bakery": "bakery", "larder": "pantry", "nursery": "flowers",
}  # fmt: skip
STEPS = {
    "CONFIRMED": "Confirm", "PREPARING": "Start packing", "READY": "Ready", "COLLECTED": "Handed over",
    "CANCELLED": "Cancel", "REFUNDED": "Refund",
}  # fmt: skip

register.filter("euro", euro)


@register.filter
def payment(order: Order) -> str:
    """What the customer of an order has to pay, or gets back."""
    return wording.to_customer(
        reference=order.payment,
        card=order.card_state,
        status=order.status,
        amount=euro(order.total_cents),
    )


@register.filter
def to_take(order: Order, cents: int) -> str:
    """Whether a stall has to take money for its part of an order when it hands that over."""
    return wording.to_farmer(reference=order.payment, card=order.card_state, amount=euro(cents))


@register.filter
def category_art(category: str) -> str:
    """The address of a category's drawing."""
    return static(f"market/art/{OF_CATEGORY.get(category, 'carrot')}.svg")


@register.filter
def stall_art(slug: str) -> str:
    """The address of a drawing for a stall; the same stall always has the same."""
    names = sorted({art for _, art in DRAWN})
    kind = next((OF_CATEGORY[key] for word, key in STALLS.items() if word in slug), "")
    return static(f"market/art/{kind or names[sum(map(ord, slug)) % len(names)]}.svg")


@register.filter
def step_word(status: str) -> str:
    """What a farmer's button for a step says."""
    return STEPS.get(status, status.title())


@register.filter
def times(value: int, by: int) -> int:
    return value * by


@register.filter
def plus(value: int, by: int) -> int:
    return value + by


@register.filter
def minus(value: int, by: int) -> int:
    return value - by


@register.filter
def share(percent: int, of: int) -> int:
    """That many percent of ``of``, rounded."""
    return round(of * percent / 100)


@register.filter
def whole_euro(cents: int) -> str:
    """123456 -> €1,235"""
    return f"€{round(cents / 100):,}"


@register.inclusion_tag("market/picture.html")
def thumb(image: ProductImage) -> dict[str, object]:
    """One picture, small. What it shows stands beside it."""
    address = default_storage.url(name(image.key, WIDTHS[0]))
    return {
        "source": address,
        "sources": f"{address} {WIDTHS[0]}w",
        "sizes": "4.5rem",
        "image": image,
    }


@register.inclusion_tag("market/picture.html")
def picture(product: Product, sizes: str, eager: bool = False) -> dict[str, object]:
    """A product's first picture in the widths that were made of it, else a drawing.

    ``sizes`` is the attribute of that name; ``eager`` pictures are above the fold.
    """
    image = next(iter(product.images.all()), None)
    if image is None:
        return {"drawing": static(f"market/art/{drawing(product)}.svg"), "eager": eager}
    # A small picture is not made larger: its widest file is as wide as it was.
    widest = max(image.width, 1)
    wide = {made: min(made, widest, 2 * made * widest // max(image.height, 1)) for made in WIDTHS}
    made = sorted({width: made for made, width in reversed(wide.items())}.values())
    files = [(default_storage.url(name(image.key, width)), wide[width]) for width in made]
    return {
        "source": files[min(1, len(files) - 1)][0],
        "sources": ", ".join(f"{address} {width}w" for address, width in files),
        "sizes": sizes,
        "image": image,
        "alt": image.alt or product.name,
        "eager": eager,
    }


def drawing(product: Product) -> str:
    """The name of the drawing that comes nearest to a product."""
    words = re.sub(r"\W+", " ", product.name.lower())
    found = (art for word, art in DRAWN if word in words)
    return next(found, OF_CATEGORY.get(product.category, "carrot"))


@register.filter
def unread(notices: Manager[Notice]) -> int:
    """How many notices were not read yet."""
    return notices.filter(read=False).count()
