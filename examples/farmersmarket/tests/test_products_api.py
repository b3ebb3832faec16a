"""The fifteen operations of the Products API."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from farmersmarket.answers.once import once
from farmersmarket.answers.problems import Conflict
from farmersmarket.catalog.models import Product, StockChange
from farmersmarket.orders.models import Order
from farmersmarket.people.models import Person
from farmersmarket.people.operations import create_token
from PIL import Image
from shopping import collected, png

pytestmark = pytest.mark.django_db
URL = "/api/products"


class Api:
    """A program with a token."""

    def __init__(self, person: Person | None = None) -> None:
        self._client = Client()
        self._headers = {}
        if person is not None:
            token = create_token(person=person, name="test", now=timezone.now())
            self._headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method: str, path: str = "", body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {} if body is None else {"content_type": "application/json"}
        return self._client.generic(
            method,
            URL + path,
            body if body is None else _json(body),
            headers=self._headers | named,
            **kind,
        )

    def upload(self, path: str, content: bytes, **headers: str) -> Any:
        file = io.BytesIO(content)
        file.name = "../../etc/picture.png"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.post(
            URL + path, {"image": file, "alt": "A carrot"}, headers=self._headers | named
        )


def _json(body: Any) -> str:
    import json

    return json.dumps(body)


@pytest.fixture
def farmer(product: Product) -> Api:
    return Api(product.stall.farmer)


@pytest.fixture
def customer(db: None) -> Api:
    return Api(Person.objects.create_user("cara@example.org", None, name="Cara"))


@pytest.fixture
def anyone(db: None) -> Api:
    return Api()


NEW = {"name": "Black kale", "category": "vegetables", "price_cents": 310, "stock": 5}


def test_there_are_exactly_fifteen_operations(client: Client) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    operations = [
        (path, method)
        for path, methods in paths.items()
        for method in methods
        if path.startswith(URL)
    ]
    assert len(operations) == 15
    assert b"swagger" in client.get("/api/docs").content.lower()


def test_lists_are_filtered_sorted_and_paged_without_gaps(world: None, anyone: Api) -> None:
    seen, cursor = [], ""
    while True:
        page = anyone("GET", f"?sort=-price&limit=7&category=fruit&cursor={cursor}").json()
        seen += page["products"]
        cursor = page["next"]
        if not cursor:
            break
    assert (
        len({row["slug"] for row in seen})
        == len(seen)
        == Product.objects.filter(category="fruit").count()
    )
    assert [row["price_cents"] for row in seen] == sorted(
        (row["price_cents"] for row in seen), reverse=True
    )
    cheap = anyone("GET", "?price_max=300&organic=true&in_stock=true").json()["products"]
    assert cheap
    assert all(row["price_cents"] <= 300 and row["organic"] for row in cheap)


@pytest.mark.parametrize(
    "query",
    [
        "cursor=abc",
        "cursor=%00",
        "cursor=WzFd",
        "limit=0",
        "limit=101",
        "sort=stock",
        "category=cars",
        "price_min=-1",
    ],
)
def test_wrong_questions_name_the_field(world: None, anyone: Api, query: str) -> None:
    answer = anyone("GET", f"?{query}")
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == query.split("=", maxsplit=1)[0]


def test_a_list_asks_the_database_a_fixed_number_of_times(
    world: None, anyone: Api, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(4):  # edition, products with stalls, images, stock
        anyone("GET", "?limit=50")
    with django_assert_num_queries(2):  # edition, stock
        anyone("GET", "?limit=50")


@pytest.mark.parametrize(
    ("text", "found"),
    [("carrot", "Carrots"), ("carots", "Carrots"), ("sourdouh bread", "Sourdough bread")],
)
def test_a_typo_is_forgiven(world: None, anyone: Api, text: str, found: str) -> None:
    assert anyone("GET", f"/search?q={text}").json()["products"][0]["name"] == found


def test_a_search_for_nothing_known_finds_nothing(world: None, anyone: Api) -> None:
    assert anyone("GET", "/search?q=%25%27%3B--").json()["products"] == []
    assert anyone("GET", "/search?q=xylophone").json()["products"] == []
    assert anyone("GET", "/categories").json()[0] == {"key": "vegetables", "name": "Vegetables"}


def test_a_farmer_creates_changes_and_archives(product: Product, farmer: Api, anyone: Api) -> None:
    made = farmer("POST", "", NEW | {"stall": product.stall.slug})
    assert made.status_code == 201
    path, etag = f"/{made.json()['slug']}", made.headers["ETag"]
    assert anyone("GET", path, If_None_Match=etag).status_code == 304
    changed = farmer("PATCH", path, {"price_cents": 290}, If_Match=etag)
    assert changed.json()["price_cents"] == 290
    assert farmer("PATCH", path, {"price_cents": 280}, If_Match=etag).status_code == 412
    assert farmer("PATCH", path, {"price_cents": 280}).status_code == 428
    facts = {"name": "Kale", "category": "vegetables", "price_cents": 200}
    replaced = farmer("PUT", path, facts, If_Match=changed.headers["ETag"])
    assert replaced.json()["name"] == "Kale"
    assert [row["price_cents"] for row in anyone("GET", f"{path}/prices").json()] == [200, 290, 310]
    assert farmer("DELETE", path, If_Match=replaced.headers["ETag"]).status_code == 204
    assert anyone("GET", path).status_code == 404


def test_others_may_not_write(product: Product, customer: Api, anyone: Api) -> None:
    body = NEW | {"stall": product.stall.slug}
    assert anyone("POST", "", body).status_code == 401
    assert customer("POST", "", body).status_code == 403
    other = Api(Person.objects.filter(role="farmer").exclude(id=product.stall.farmer_id)[0])
    path = f"/{product.slug}"
    assert other("PATCH", path, {"price_cents": 1}, If_Match='"1"').status_code == 403
    assert other("POST", f"{path}/inventory", {"by": 5}).status_code == 403
    assert other("DELETE", path, If_Match='"1"').status_code == 403
    assert (
        Api(Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"))(
            "POST", "", body
        ).status_code
        == 201
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"price_cents": 0},
        {"price_cents": 1.5},
        {"price_cents": "9"},
        {"name": " "},
        {"name": "a\x00b"},
        {"stock": -1},
        {"stock": 10**30},
        {"colour": "red"},
        {"category": "cars"},
    ],
)
def test_wrong_products_name_the_field(
    product: Product, farmer: Api, wrong: dict[str, Any]
) -> None:
    answer = farmer("POST", "", NEW | {"stall": product.stall.slug} | wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(wrong))


def test_a_repeated_key_creates_once(product: Product, farmer: Api) -> None:
    body = NEW | {"stall": product.stall.slug}
    first = farmer("POST", "", body, Idempotency_Key="k1")
    again = farmer("POST", "", body, Idempotency_Key="k1")
    assert (again.json(), again.headers["ETag"]) == (first.json(), first.headers["ETag"])
    assert again.headers["Idempotent-Replay"] == "true"
    assert Product.objects.filter(name="Black kale").count() == 1
    assert farmer("POST", "", body | {"name": "Other"}, Idempotency_Key="k1").status_code == 409
    assert farmer("POST", "", body, Idempotency_Key="\x7f").status_code == 422


def test_a_picture_that_is_sent_again_with_its_key_is_one(
    product: Product, farmer: Api, tmp_path: Path
) -> None:
    path = f"/{product.slug}/images"
    first, again = (farmer.upload(path, png(9, 9), Idempotency_Key="p1") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replay"] == "true"
    assert product.images.count() == 1
    assert len(list((tmp_path / "products").iterdir())) == 3
    assert farmer.upload(path, png(8, 8), Idempotency_Key="p1").status_code == 409


def test_stock_is_adjusted_never_below_zero(product: Product, farmer: Api) -> None:
    path = f"/{product.slug}/inventory"
    assert (
        farmer("POST", path, {"by": -5, "reason": "hail"}, Idempotency_Key="once").json()["stock"]
        == product.stock - 5
    )
    assert (
        farmer("POST", path, {"by": -5, "reason": "hail"}, Idempotency_Key="once").json()["stock"]
        == product.stock - 5
    )
    assert farmer("POST", path, {"by": -product.stock}).status_code == 409
    assert farmer("GET", path).json()["stock"] == product.stock - 5
    assert StockChange.objects.count() == 1


def test_reviews_come_once_from_customers_who_have_collected_it(
    product: Product, place: Callable[..., Order], customer: Api, farmer: Api
) -> None:
    path = f"/{product.slug}/reviews"
    assert customer("POST", path, {"stars": 4}).status_code == 403
    collected(place(customer=Person.objects.get(role="customer")))
    assert customer("POST", path, {"stars": 4, "text": "<b>good</b>"}).status_code == 201
    assert customer("POST", path, {"stars": 5}).status_code == 409
    assert farmer("POST", path, {"stars": 5}).status_code == 422
    assert customer("POST", path, {"stars": 6}).status_code == 422
    assert customer("GET", path).json()["average"] == 4.0


def _picture(form: str = "PNG", size: tuple[int, int] = (800, 600), mode: str = "L") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, form)
    return out.getvalue()


def test_a_picture_comes_in_several_widths(
    product: Product, farmer: Api, client: Client, settings: LazySettings, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    made = farmer.upload(f"/{product.slug}/images", _picture())
    assert made.status_code == 201
    address = made.json()["sources"]["320"]
    served = client.get(address)
    assert (served.status_code, served.headers["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(served.content)).size == (320, 240)
    assert farmer("GET", f"/{product.slug}").json()["images"][0]["alt"] == "A carrot"
    assert farmer("DELETE", f"/{product.slug}/images/{made.json()['id']}").status_code == 204
    assert client.get(address).status_code == 404
    assert not list((tmp_path / "products").iterdir())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"\x89PNG\r\n\x1a\nbroken",
        _picture()[:200],
        _picture("GIF"),
        b"x" * (4 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_picture_is_refused(
    product: Product, farmer: Api, settings: LazySettings, tmp_path: Any, content: bytes
) -> None:
    settings.MEDIA_ROOT = tmp_path
    assert farmer.upload(f"/{product.slug}/images", content).status_code == 422
    assert not list(tmp_path.iterdir())


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(
    product: Product, farmer: Api
) -> None:
    assert (
        farmer.upload(f"/{product.slug}/images", _picture(size=(9000, 9000), mode="1")).status_code
        == 422
    )


@pytest.mark.parametrize(
    "path",
    [
        "../db.sqlite3",
        "products/../../db.sqlite3",
        "products/p1-0000000000000000-320.webp",
        "secret.key",
    ],
)
def test_media_shows_pictures_only(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404


def test_writes_are_limited(product: Product, farmer: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farmersmarket.answers.limits.WRITES", 3)
    statuses = {
        farmer("POST", f"/{product.slug}/inventory", {"by": 1}).status_code for _ in range(4)
    }
    assert statuses == {200, 429}


def test_a_cookie_alone_does_not_write(product: Product) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(product.stall.farmer)
    answer = browser.post(
        f"{URL}/{product.slug}/inventory", {"by": 1}, content_type="application/json"
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k1"}])
def test_two_who_write_the_same_at_once_are_told(
    product: Product, rf: RequestFactory, headers: dict[str, str]
) -> None:
    def act() -> HttpResponse:
        Product.objects.create(stall=product.stall, slug=product.slug, name="x", price_cents=1)
        return HttpResponse()

    with pytest.raises(Conflict, match="send it again"):
        once(rf.post(URL, headers=headers), 1, act)
    assert Product.objects.filter(slug=product.slug).count() == 1


def test_what_is_not_modified_is_so_in_stock_and_pictures_too(
    product: Product, farmer: Api, anyone: Api, place: Callable[..., Order]
) -> None:
    path = f"/{product.slug}"
    first = anyone("GET", path).headers["ETag"]
    place(1)
    sold = anyone("GET", path, If_None_Match=first)
    assert (sold.status_code, sold.json()["stock"]) == (200, product.stock - 1)
    assert farmer.upload(f"{path}/images", png(4, 4)).status_code == 201
    assert anyone("GET", path, If_None_Match=sold.headers["ETag"]).json()["images"]
    # What was sold meanwhile does not keep a farmer from changing a price that nobody else has changed.
    assert farmer("PATCH", path, {"price_cents": 290}, If_Match=first).status_code == 200
    assert farmer("PATCH", path, {"price_cents": 280}, If_Match=first).status_code == 412
    assert farmer("PATCH", path, {"price_cents": 280}, If_Match='"x"').status_code == 412
