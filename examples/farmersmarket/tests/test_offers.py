"""Farmers write about their products on pages."""

from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from farmersmarket.catalog.models import PriceChange, Product, Stall
from farmersmarket.people.models import Person
from shopping import png, upload

NEW = "/farm/products/new"
CRESS = {
    "name": "Garden <cress>",
    "category": "vegetables",
    "price": "1,20",
    "unit": "bunch",
    "stock": "30",
    "organic": "on",
    "description": "Sown on\r\nMonday",
}


def _address(product: Product) -> str:
    return f"/farm/products/{product.slug}"


def _as_shown(farmer: Client, product: Product) -> dict[str, Any]:
    """What a browser would send back unchanged."""
    form = farmer.get(_address(product)).context["form"]
    values = {field.name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_a_product_is_put_on_the_table(product: Product, farmer: Client) -> None:
    page = farmer.get("/farm").content.decode()
    assert f'href="{NEW}"' in page
    assert f'href="{_address(product)}"' in page
    sent = CRESS | {"picture": upload(png(900, 600)), "alt": "A bunch"}
    done = farmer.post(NEW, sent, follow=True)
    assert done.redirect_chain[-1][0] == "/farm#products"
    assert "Garden &lt;cress&gt; is on the table." in done.content.decode()
    made = Product.objects.get(name="Garden <cress>")
    assert (made.price_cents, made.stock, made.organic) == (120, 30, True)
    assert (made.unit, made.category, made.description) == (
        "bunch",
        "vegetables",
        "Sown on\nMonday",
    )
    assert made.stall == product.stall
    shown = Client().get(f"/products/{made.slug}").content.decode()
    assert 'alt="A bunch"' in shown
    assert "Garden &lt;cress&gt;" in shown


def test_a_form_that_is_sent_twice_is_one_product(farmer: Client) -> None:
    farmer.post(NEW, CRESS)
    again = farmer.post(NEW, CRESS)
    assert again.status_code == 422
    assert "a product of this name at your stall already" in again.content.decode()
    assert Product.objects.filter(name=CRESS["name"]).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("name", " ", "Name"),
        ("name", "x" * 101, "Name"),
        ("name", "bell\x07", "Name"),
        ("category", "gold", "Category"),
        ("price", "0", "Price in €"),
        ("price", "-1", "Price in €"),
        ("price", "1.234", "Price in €"),
        ("price", "free", "Price in €"),
        ("price", "NaN", "Price in €"),
        ("price", "9" * 12, "Price in €"),
        ("unit", "", "Sold by the"),
        ("stock", "-1", "In stock"),
        ("stock", "1.5", "In stock"),
        ("stock", "9" * 40, "In stock"),
        ("description", "x" * 2001, "Description"),
        ("picture", upload(b"GIF89a nonsense"), "Picture"),
        ("picture", upload(b"x" * (4 * 1024 * 1024 + 1)), "Picture"),
        ("alt", "x" * 151, "What the picture shows"),
    ],
)
def test_what_is_wrong_is_said_by_its_field_and_the_rest_is_kept(
    product: Product, farmer: Client, field: str, value: Any, label: str
) -> None:
    before = Product.objects.count()
    answer = farmer.post(NEW, CRESS | {field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<a href="#id_{field}">{label}</a>: ' in page
    assert f'id="id_{field}_error"' in page
    assert field == "description" or "Monday</textarea>" in page
    assert (
        farmer.post(_address(product), _as_shown(farmer, product) | {field: value}).status_code
        == 422
    )
    assert Product.objects.count() == before
    assert Product.objects.get(id=product.id).version == product.version


def test_as_many_lines_are_taken_as_the_browser_lets_write(
    product: Product, farmer: Client
) -> None:
    lines = ["x" * 9] * 200
    sent = _as_shown(farmer, product) | {"description": "\r\n".join(lines) + "x"}
    assert farmer.post(_address(product), sent).status_code == 302
    assert Product.objects.get(id=product.id).description == "\n".join(lines) + "x"


def test_a_changed_price_leaves_its_history(product: Product, farmer: Client) -> None:
    for price in ("9,80", "9.80", "10.10"):
        assert (
            farmer.post(
                _address(product), _as_shown(farmer, product) | {"price": price}
            ).status_code
            == 302
        )
    assert list(
        PriceChange.objects.filter(product=product).values_list("price_cents", flat=True)
    ) == [1010, 980]
    page = farmer.get(_address(product)).content.decode()
    assert page.index("€10.10") < page.index("€9.80")
    assert f"<strong>{product.name}</strong>" in farmer.get("/farm").content.decode()
    assert "€10.10" in farmer.get(f"/products/{product.slug}").content.decode()


def test_pictures_come_and_go(product: Product, farmer: Client) -> None:
    sent = _as_shown(farmer, product) | {
        "picture": upload(png(900, 600)),
        "alt": "Carrots <in> a box",
    }
    farmer.post(_address(product), sent)
    image = product.images.get()
    for path in (
        f"/products/{product.slug}",
        f"/stalls/{product.stall.slug}",
        f"/products?q={product.name}",
    ):
        text = farmer.get(path).content.decode()
        assert f"{image.key}-320.webp 320w, " in text, path
        assert "-1280.webp 900w" in text
        assert 'alt="Carrots &lt;in&gt; a box" width="900" height="600"' in text
    assert farmer.get(default_storage.url(f"products/{image.key}-640.webp")).status_code == 200
    assert image.key in farmer.get(_address(product)).content.decode()
    farmer.post(f"/farm/pictures/{image.id}")
    assert not product.images.exists()


def test_what_orders_took_meanwhile_stays_taken(product: Product, farmer: Client) -> None:
    sent = _as_shown(farmer, product)
    Product.objects.filter(id=product.id).update(stock=product.stock - 3)
    farmer.post(_address(product), sent | {"stock": str(product.stock + 5)})
    assert Product.objects.get(id=product.id).stock == product.stock + 2
    sent = _as_shown(farmer, product)
    Product.objects.filter(id=product.id).update(stock=1)
    answer = farmer.post(_address(product), sent | {"stock": "0"})
    assert "Orders have taken some: there are 1 left." in answer.content.decode()
    assert Product.objects.get(id=product.id).stock == 1
    again = {field.name: field.value() for field in answer.context["form"]}
    assert (again["stock"], again["stock_seen"]) == ("0", "1")


def test_two_who_write_at_once_are_told(product: Product, farmer: Client) -> None:
    sent = _as_shown(farmer, product) | {"description": "Mine"}
    farmer.post(_address(product), _as_shown(farmer, product) | {"description": "Of my wife"})
    Product.objects.filter(id=product.id).update(stock=product.stock - 3)
    answer = farmer.post(_address(product), sent)
    assert answer.status_code == 422
    assert "changed elsewhere in the meantime" in answer.content.decode()
    assert Product.objects.get(id=product.id).description == "Of my wife"
    values = {field.name: field.value() for field in answer.context["form"]}
    again = {name: value for name, value in values.items() if value not in (None, False)}
    assert farmer.post(_address(product), again).status_code == 302
    now = Product.objects.get(id=product.id)
    assert (now.description, now.stock) == ("Mine", product.stock - 3)


def test_a_product_leaves_the_table_and_stays_in_orders(product: Product, farmer: Client) -> None:
    farmer.post(f"{_address(product)}/archive")
    assert Product.objects.get(id=product.id).archived
    assert Client().get(f"/products/{product.slug}").status_code == 404
    assert farmer.get(_address(product)).status_code == 404
    assert product.slug not in farmer.get("/farm").content.decode()


def test_a_farmer_of_two_stalls_chooses_one(product: Product, farmer: Client) -> None:
    second = Stall.objects.create(
        slug="second", name="Second", town="Talheim", farmer=product.stall.farmer, verified=True
    )
    assert farmer.post(NEW, CRESS).status_code == 422
    farmer.post(NEW, CRESS | {"stall": second.id})
    assert Product.objects.get(name=CRESS["name"]).stall == second
    other = Stall.objects.exclude(farmer=product.stall.farmer)[0]
    assert farmer.post(NEW, CRESS | {"stall": other.id, "name": "Mine"}).status_code == 422


def test_others_products_are_not_there(product: Product, client: Client) -> None:
    stranger = Person.objects.filter(role="farmer").exclude(id=product.stall.farmer_id)[0]
    client.force_login(stranger)
    assert client.get(_address(product)).status_code == 404
    for path in ("", "/archive", "/stock"):
        assert client.post(_address(product) + path, CRESS).status_code == 404
    client.post(NEW, CRESS | {"stall": product.stall_id})
    assert Product.objects.get(name=CRESS["name"]).stall.farmer == stranger
    client.force_login(Person.objects.create_user("ada@example.org", None, name="Ada"))
    assert client.get(NEW).status_code == 403
    assert client.post(_address(product), CRESS).status_code == 403


def test_a_picture_store_that_is_down_loses_nothing_that_was_written(
    farmer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(type(default_storage), "save", down, raising=False)
    page = farmer.post(NEW, CRESS | {"picture": upload(png(90, 60))}, follow=True)
    assert "Only the picture was not kept." in page.content.decode()
    assert Product.objects.filter(name=CRESS["name"]).exists()
