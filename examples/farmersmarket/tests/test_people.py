"""Sign-up, login, tokens, new passwords, and who may see what."""

import re

import pytest
from django.conf import LazySettings
from django.test import Client
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.orders.models import Order
from farmersmarket.outbox.models import Message
from farmersmarket.people.models import ApiToken, Person
from shopping import fill_cart

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada", "email": "Ada@Example.org", "password": "correct horse battery"}


def _login(client: Client, password: str, **more: str) -> int:
    return client.post(
        "/login", {"email": "ada@example.org", "password": password, **more}
    ).status_code


def test_a_customer_signs_up_orders_and_sees_the_order(product: Product, client: Client) -> None:
    assert client.post("/sign-up", ADA).status_code == 302
    client.post("/checkout", fill_cart(client, product))
    order = Order.objects.get()
    assert order.customer == Person.objects.get(email="ada@example.org")
    assert order.number in client.get("/account").content.decode()


def test_a_farmer_signs_up_and_waits_for_the_office(world: None, client: Client) -> None:
    client.post("/sign-up", ADA | {"stall": "Ada's <Apples>", "town": "Talheim"})
    stall = Stall.objects.get(name="Ada's <Apples>")
    assert not stall.verified
    assert client.get(f"/stalls/{stall.slug}").status_code == 404
    assert client.get("/office").status_code == 403
    office = Client()
    office.force_login(Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss"))
    assert "&lt;Apples&gt;" in office.get("/office").content.decode()
    office.post(f"/office/stalls/{stall.id}/open")
    assert client.get(f"/stalls/{stall.slug}").status_code == 200


@pytest.mark.parametrize(
    "wrong", [{"password": "short"}, {"password": "password123"}, {"email": "nobody"}, {"name": ""}]
)
def test_weak_sign_ups_are_refused(db: None, client: Client, wrong: dict[str, str]) -> None:
    assert client.post("/sign-up", ADA | wrong).status_code == 422
    assert not Person.objects.exists()


def test_an_address_signs_up_once(client: Client) -> None:
    client.post("/sign-up", ADA)
    assert Client().post("/sign-up", ADA | {"email": "ADA@example.ORG"}).status_code == 422


def test_guesses_are_limited_and_a_right_one_counts_none(client: Client) -> None:
    client.post("/sign-up", ADA)
    guest = Client()
    for _ in range(10):
        assert _login(guest, ADA["password"]) == 302
    assert [_login(guest, "wrong") for _ in range(6)] == [422] * 5 + [429]
    assert _login(guest, ADA["password"]) == 429


def test_limits_go_by_who_connects_not_by_what_is_claimed(client: Client) -> None:
    answers = [
        client.post("/sign-up", {}, headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code
        for number in range(21)
    ]
    assert answers == [422] * 20 + [429]


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/cart", "/cart"), ("https://evil.example/", "/account"), ("//evil.example", "/account")],
)
def test_login_goes_on_inside_the_shop_only(client: Client, target: str, expected: str) -> None:
    client.post("/sign-up", ADA)
    answer = Client().post(
        "/login", {"email": ADA["email"], "password": ADA["password"], "next": target}
    )
    assert answer.headers["Location"] == expected


def test_a_cart_survives_login(product: Product, client: Client) -> None:
    client.post("/sign-up", ADA)
    guest = Client()
    fill_cart(guest, product, 2)
    _login(guest, ADA["password"])
    assert guest.get("/cart").context["cart_size"] == 2


def test_a_new_password_by_mail_works_once(client: Client, settings: LazySettings) -> None:
    client.post("/sign-up", ADA)
    guest = Client()
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "https://market.example", ["*"]
    guest.post("/password", {"email": ADA["email"]}, headers={"Host": "evil.example"})
    guest.post("/password", {"email": "nobody@example.org"})
    link = re.search(r"^https://market.example(/password/\S+)", Message.objects.get().body, re.M)[1]
    for _ in range(6):
        _login(guest, "forgotten")
    page = guest.get(link, follow=True)
    form = page.redirect_chain[-1][0]
    assert (
        guest.post(
            form, {"new_password1": "another horse 12", "new_password2": "another horse 12"}
        ).status_code
        == 302
    )
    assert _login(guest, "another horse 12") == 302
    assert "used before" in Client().get(link).content.decode()


def test_tokens_are_shown_once_kept_as_digests_and_end(client: Client) -> None:
    client.post("/sign-up", ADA)
    page = client.post("/account/tokens", {"name": "till"}, follow=True).content.decode()
    token = re.search(r"fm_[\w-]+", page)[0]
    assert token not in client.get("/account").content.decode()
    row = ApiToken.objects.get()
    assert token not in row.digest
    client.post(f"/account/tokens/{row.id}")
    answer = Client().post("/api/products", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["/account", "/farm", "/office"])
def test_closed_pages_ask_to_log_in(db: None, client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/login?next={path}"


def test_passwords_and_addresses_stay_out_of_the_logs(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        client.post("/sign-up", ADA)
        _login(client, "a wrong secret")
    text = " ".join(str(record.__dict__) for record in caplog.records)
    assert "authentication_failed" in text
    assert "signed_up" in text
    assert "secret" not in text
    assert "example.org" not in text
