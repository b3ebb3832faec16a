"""What a shopper does, one request at a time. Pure: no network, no clock; chance comes from a given ``Random``.

A journey is a generator that yields a ``Step`` and is sent the ``Page`` that came back.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass, field
from html import unescape
from random import Random

CATEGORIES = ("vegetables", "fruit", "dairy", "bakery", "pantry", "flowers")
WORDS = (
    "apple",
    "bread",
    "honey",
    "cheese",
    "carrot",
    "eggs",
    "plum",
    "butter",
    "tomato",
    "bunch",
    "xylophone",
)
NAMES = (
    "Ada",
    "Ben",
    "Clara",
    "David",
    "Elif",
    "Frida",
    "Goran",
    "Hanna",
    "Ivo",
    "Jana",
    "Karim",
    "Lena",
    "Mara",
    "Noah",
    "Zoë",
)
_PRODUCT = re.compile(r'href="(/products/[a-z0-9-]+)"')
_STALL = re.compile(r'href="(/stalls/[a-z0-9-]+)"')
_CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_PRODUCT_ID = re.compile(r'name="product" value="(\d+)"')
_CHECKOUT_KEY = re.compile(r'name="checkout_key" value="([^"]+)"')
_WINDOW = re.compile(r'name="pickup_at" value="([^"]+)"')
_ORDER = re.compile(r"/orders/([a-z2-7]{26})/track")


@dataclass(frozen=True)
class Step:
    """One request. ``route`` names it in the figures; ``listen`` is how many seconds to stay on an event stream."""

    route: str
    path: str
    form: dict[str, str] | None = None
    json: dict[str, str] | None = None
    method: str = "GET"
    listen: float = 0.0


@dataclass(frozen=True)
class Page:
    """What came back; status 0 when nothing did."""

    status: int
    text: str = ""
    location: str = ""


@dataclass(frozen=True)
class Habits:
    """Shares of the market's visitors. About one request in ten is a checkout, as on a Saturday morning."""

    search: float = 0.25
    look_at_stall: float = 0.15
    from_home: float = 0.5
    order: float = 0.9
    listen: float = 0.2
    cancel: float = 0.06
    quantities: tuple[int, ...] = field(default=(1, 1, 1, 2, 2, 3, 4))
    products: tuple[int, ...] = field(default=(1, 1, 1, 2))


Journey = Generator[Step, Page, None]


def visit(random: Random, habits: Habits, shopper: int) -> Journey:
    """One visit of a shopper to the market, from the first page to the last."""
    if random.random() < habits.from_home:
        yield Step("/", "/")
    for _ in range(random.choice(habits.products)):
        page = yield _listing(random, habits)
        page = yield from _pick(page, random, habits)
        if page.status != 200:
            return
    if random.random() < habits.order:
        yield from _order(random, habits, NAMES[shopper % len(NAMES)])


def _listing(random: Random, habits: Habits) -> Step:
    if random.random() < habits.search:
        return Step("/products?q", f"/products?q={random.choice(WORDS)}")
    return Step("/products", f"/products?category={random.choice(CATEGORIES)}")


def _pick(page: Page, random: Random, habits: Habits) -> Generator[Step, Page, Page]:
    offers = _PRODUCT.findall(page.text)
    if not offers:
        page = yield Step("/products", "/products")
        offers = _PRODUCT.findall(page.text)
    if not offers:
        return Page(0)
    page = yield Step("/products/{slug}", random.choice(offers))
    stalls = _STALL.findall(page.text)
    if stalls and random.random() < habits.look_at_stall:
        yield Step("/stalls/{slug}", random.choice(stalls))
    token, product = _CSRF.search(page.text), _PRODUCT_ID.search(page.text)
    if not token or not product:
        return page
    quantity = str(random.choice(habits.quantities))
    form = {
        "csrfmiddlewaretoken": token[1],
        "product": product[1],
        "quantity": quantity,
        "add": "1",
    }
    page = yield Step("/cart/change", "/cart/change", form=form, method="POST")
    if page.status == 302:
        page = yield Step("/cart", page.location)
    return page


def _order(random: Random, habits: Habits, name: str) -> Journey:
    page = yield Step("/checkout", "/checkout")
    token, key, windows = (
        _CSRF.search(page.text),
        _CHECKOUT_KEY.search(page.text),
        _WINDOW.findall(page.text),
    )
    if not token or not key or not windows:
        return
    form = {
        "csrfmiddlewaretoken": token[1],
        "checkout_key": key[1],
        "name": name,
        "email": f"shopper{random.randint(1, 9999)}@shoppers.example",
        "pickup_at": unescape(random.choice(windows)),
        "note": random.choice(("", "", "", "No bag, please", "Ring the bell")),
    }
    page = yield Step("/checkout POST", "/checkout", form=form, method="POST")
    order = _ORDER.search(page.location)
    if page.status == 302 and order:
        yield from _follow(order[1], random, habits)


def _follow(order: str, random: Random, habits: Habits) -> Journey:
    yield Step("/orders/{id}/track", f"/orders/{order}/track")
    if random.random() < habits.listen:
        yield Step("/live/{id}", f"/live/{order}", listen=random.uniform(1, 5))
    if random.random() < habits.cancel:
        yield Step(
            "/api/orders/{id}/status",
            f"/api/orders/{order}/status",
            json={"status": "CANCELLED"},
            method="PUT",
        )
    yield Step("/api/orders/{id}", f"/api/orders/{order}")
