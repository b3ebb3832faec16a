"""Farmers, customers and the office with browsers: a product comes, is sold, reviewed and goes; without JavaScript too."""

import io
from typing import Any

import pytest
from PIL import Image
from running import browser_path
from test_browser import Browser, _log_in, chromium, url  # noqa: F401 - fixtures

pytestmark = pytest.mark.skipif(browser_path() is None, reason="needs a Chromium")
FARMER = "brandt-orchard-2@farmers.example"


def _picture() -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (900, 600), "goldenrod").save(out, "JPEG")
    return {"name": "quince.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def _refused(browser: Browser, button: str, said: str) -> None:
    browser.page.get_by_role("button", name=button).first.click()
    browser.page.wait_for_load_state()
    # A browser writes each refusal of a page into its console.
    browser.complaints.clear()
    browser.look()
    assert said in browser.page.get_by_role("alert").inner_text()


def _put_on_the_table(farmer: Browser) -> None:
    page = farmer.page
    farmer.go("/farm/products/new")
    page.get_by_label("Name", exact=True).fill("Quince")
    page.get_by_label("Category").select_option("fruit")
    page.get_by_label("Price in €").fill("dear")
    page.get_by_label("In stock").fill("20")
    _refused(farmer, "Put it on the table", "Price in €: Enter a number.")
    page.get_by_label("Price in €").fill("3,40")
    page.get_by_label("Picture", exact=False).first.set_input_files(_picture())
    page.get_by_label("What the picture shows").fill("Yellow quinces")
    farmer.press("Put it on the table")


@pytest.mark.parametrize("width", [390, 1280])
def test_a_product_is_sold_reviewed_and_its_stall_suspended(
    url: str,  # noqa: F811
    chromium: Any,  # noqa: F811
    width: int,
) -> None:
    def browser() -> Browser:
        return Browser(chromium.new_context(viewport={"width": width, "height": 844}), url)

    farmer, shopper, boss, guest = (browser() for _ in range(4))
    _log_in(farmer, FARMER)
    _put_on_the_table(farmer)
    farmer.page.get_by_role("link", name="Edit Quince").click()
    farmer.look()
    farmer.page.get_by_label("Price in €").fill("3.60")
    farmer.press("Save")
    shopper.go("/sign-up")
    for label, text in (
        ("Your name", "Ada"),
        ("Email", "ada@example.org"),
        ("Password", "correct horse battery"),
    ):
        shopper.page.get_by_label(label).fill(text)
    shopper.press("Sign up")
    shopper.go("/products?q=quince")
    shopper.page.locator(".card a").first.click()
    shopper.press("Add to cart")
    shopper.page.get_by_role("link", name="Choose a pickup time").click()
    shopper.page.get_by_role("radio").first.check()
    shopper.press("Order, pay at pickup")
    assert "You pay €3.60 when you pick up." in shopper.page.locator("#payment").inner_text()
    farmer.go("/farm")
    assert "pays €3.60 at pickup" in farmer.page.locator("#orders").inner_text()
    for step in ("Confirm", "Start packing", "Ready"):
        farmer.press(step)
    _log_in(boss, "boss@example.org")
    boss.go("/office/stalls?q=brandt")
    boss.page.get_by_role("link", name="Brandt Orchard").click()
    boss.look()
    boss.page.get_by_label("The stall hands it over").check()
    boss.page.get_by_label("Reason, for the farmer").fill("The certificate ran out.")
    boss.press("Suspend Brandt Orchard")
    guest.go("/products?q=quince")
    assert not guest.page.locator(".card").count()
    farmer.go("/farm")
    assert "The certificate ran out." in farmer.page.locator("main").inner_text()
    farmer.press("Handed over")
    shopper.page.wait_for_function(
        "document.getElementById('payment').innerText.includes('Paid at the stall.')"
    )
    boss.press("Open Brandt Orchard")
    shopper.page.reload()
    shopper.page.get_by_role("link", name="Quince").click()
    shopper.look()
    shopper.page.get_by_label("4, good").check()
    shopper.page.get_by_label("In your words").fill("Hard <b>but</b> good")
    shopper.press("Send")
    assert "Hard <b>but</b> good" in shopper.page.locator("#reviews").inner_text()
    farmer.go("/farm")
    farmer.page.get_by_role("link", name="Edit Quince").click()
    farmer.press("Remove picture 1")
    farmer.press("Take it off the table")
    assert "Quince is off the table." in farmer.page.locator("main").inner_text()


def test_a_farmer_needs_no_javascript(url: str, chromium: Any) -> None:  # noqa: F811
    quiet = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = quiet.new_page()
    page.goto(f"{url}/login")
    page.get_by_label("Email").fill(FARMER)
    page.get_by_label("Password").fill("only-for-this-test")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Add a product").click()
    page.get_by_label("Name", exact=True).fill("Medlar")
    page.get_by_label("Category").select_option("fruit")
    page.get_by_label("Price in €").fill("0")
    page.get_by_label("In stock").fill("3")
    page.get_by_role("button", name="Put it on the table").click()
    assert "Price in €: " in page.get_by_role("alert").inner_text()
    page.get_by_label("Price in €").fill("2")
    page.get_by_role("button", name="Put it on the table").click()
    page.get_by_role("link", name="Edit Medlar").click()
    page.get_by_role("button", name="Take it off the table").click()
    assert "Medlar is off the table." in page.locator("main").inner_text()
