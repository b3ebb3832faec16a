"""People with browsers: order and follow live, without JavaScript too, sell, run the office; every page for everybody."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from running import PASSWORD, Market, browser_path, wait_for

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
KEPT = "caches.match(location.pathname, { ignoreVary: true }).then(Boolean)"

pytestmark = pytest.mark.skipif(browser_path() is None, reason="needs a Chromium")


class Browser:
    """A page that says what is wrong with it for people and for the policy."""

    def __init__(self, context: Any, url: str) -> None:
        self.page = context.new_page()
        self.complaints: list[str] = []
        self._url = url
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str, *, refused: bool = False) -> None:
        self.page.goto(self._url + path)
        if refused:
            # A browser writes each refusal of a page into its console.
            self.complaints.clear()
        self.look()

    def press(self, name: str) -> None:
        self.follow(self.page.get_by_role("button", name=name).first)

    def follow(self, way: Any) -> None:
        """Clicks on what leads to another page, which is there with its style and scripts before it is judged."""
        with self.page.expect_navigation():
            way.click()
        self.look()

    def look(self) -> None:
        """The page is accessible, fits its window and broke no policy."""
        found = axe.Axe().run(self.page).response["violations"]
        assert not found, [(rule["id"], rule["nodes"][0]["html"]) for rule in found]
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, self.page.url
        assert not self.complaints, self.complaints


@pytest.fixture
def url(on_sqlite: Market) -> str:
    on_sqlite.run(
        "from farmersmarket.people.models import Person;"
        f" Person.objects.create_superuser('boss@example.org', '{PASSWORD}', name='Boss')"
    )
    return on_sqlite.replica()[0]


@pytest.fixture
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


def _order(browser: Browser, *more: str) -> None:
    browser.go("/")
    for path in ("/products?category=fruit", *more):
        browser.go(path)
        browser.follow(browser.page.locator(".card a").first)
        browser.press("Add to cart")
    browser.follow(browser.page.get_by_role("link", name="Choose a pickup time"))
    browser.page.get_by_label("Your name").fill("Ada Lovelace")
    browser.page.get_by_label("Email").fill("ada@example.org")
    browser.page.get_by_role("radio").first.check()
    browser.press("Order, pay at pickup")
    assert "/track" in browser.page.url


def _log_in(browser: Browser, email: str) -> None:
    browser.go("/login")
    browser.page.get_by_label("Email").fill(email)
    browser.page.get_by_label("Password").fill(PASSWORD)
    browser.press("Log in")


def test_an_order_is_followed_live_while_a_farmer_works(url: str, chromium: Any) -> None:
    shopper = Browser(chromium.new_context(viewport={"width": 390, "height": 844}), url)
    _order(shopper)
    stall = shopper.page.evaluate("document.title")
    farmer = Browser(chromium.new_context(viewport={"width": 1280, "height": 900}), url)
    _log_in(farmer, "brandt-orchard-2@farmers.example")
    assert "/farm" in farmer.page.url, stall
    bell = farmer.page.locator("#bell")
    before = int(bell.inner_text())
    farmer.press("Confirm")
    wait_for(lambda: shopper.page.locator("#status").inner_text() == "Confirmed")
    shopper.page.get_by_label("Write to Brandt Orchard").fill("May I come <b>early</b>?")
    shopper.press("Send")
    wait_for(lambda: int(bell.inner_text()) == before + 1)
    farmer.go("/farm")
    farmer.page.get_by_label("Answer about").first.fill("Come at four.")
    farmer.press("Send about")
    assert "All answered" in farmer.page.locator("#letters").inner_text()
    shopper.page.reload()
    assert "Come at four." in shopper.page.locator("#letters").inner_text()
    assert "early</b>" in shopper.page.locator("#letters").inner_text()
    shopper.look()


def test_what_each_stall_has_ready_is_seen_live(url: str, chromium: Any) -> None:
    shopper = Browser(chromium.new_context(viewport={"width": 390, "height": 844}), url)
    _order(shopper, "/stalls/dietz-dairy-3")
    parts = shopper.page.locator(".parts li")
    for stall, status in (("brandt-orchard-2", "Pending"), ("dietz-dairy-3", "Ready")):
        farmer = Browser(chromium.new_context(viewport={"width": 1280, "height": 900}), url)
        _log_in(farmer, f"{stall}@farmers.example")
        for step in ("Confirm", "Start packing", "Ready"):
            farmer.press(step)
        name = farmer.page.locator("h1").inner_text()
        wait_for(lambda name=name: "Ready" in parts.filter(has_text=name).inner_text())
        wait_for(lambda status=status: shopper.page.locator("#status").inner_text() == status)
        assert not shopper.page.get_by_role("button", name="Cancel this order").is_visible()
        shopper.look()
    assert parts.count() == 2


def test_an_order_can_be_looked_at_without_a_network(url: str, chromium: Any) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    shopper = Browser(context, url)
    shopper.page.goto(url)
    _kept_by_worker(shopper)
    _order(shopper)
    wait_for(lambda: shopper.page.evaluate(KEPT))
    address = shopper.page.url
    context.set_offline(True)
    shopper.page.goto(address)
    assert shopper.page.locator("#status").inner_text() == "Pending"
    assert (
        "You are offline. This is your order as of" in shopper.page.locator("#offline").inner_text()
    )
    assert not shopper.page.get_by_role("button", name="Cancel this order").is_visible()
    shopper.page.goto(f"{url}/products")
    assert shopper.page.get_by_role("heading", name="You are offline").is_visible()
    with shopper.page.expect_navigation():
        shopper.page.get_by_role("link", name="Order FM-").click()
    httpx.put(
        f"{url}/api/orders/{address.split('/')[4]}/status",
        json={"status": "CANCELLED"},
        trust_env=False,
        timeout=60,
    ).raise_for_status()
    assert shopper.page.locator("#status").inner_text() == "Pending"
    context.set_offline(False)
    wait_for(lambda: shopper.page.locator("#status").inner_text() == "Cancelled")
    wait_for(lambda: not shopper.page.locator("#offline").is_visible())


def _kept_by_worker(browser: Browser) -> None:
    browser.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    wait_for(lambda: browser.page.evaluate("navigator.serviceWorker.controller !== null"))


def test_the_office_opens_a_stall_and_refunds(url: str, chromium: Any) -> None:
    farmer = Browser(chromium.new_context(viewport={"width": 390, "height": 844}), url)
    farmer.go("/sign-up")
    for label, text in (
        ("Your name", "Ida"),
        ("Email", "ida@example.org"),
        ("Password", PASSWORD),
        ("Name of your stall", "Ida's Eggs"),
        ("Its town", "Lindenau"),
    ):
        farmer.page.get_by_label(label).fill(text)
    farmer.press("Sign up")
    assert "opens once the market" in farmer.page.locator("main").inner_text()
    shopper = Browser(chromium.new_context(), url)
    _order(shopper)
    shopper.press("Cancel this order")
    boss = Browser(chromium.new_context(viewport={"width": 1280, "height": 900}), url)
    _log_in(boss, "boss@example.org")
    boss.go("/office")
    boss.press("Verify Ida's Eggs")
    boss.press("Refund")
    assert "Refunded" in boss.page.locator("main").inner_text()
    farmer.page.reload()
    assert "opens once" not in farmer.page.locator("main").inner_text()


def test_the_shop_is_complete_without_javascript(url: str, chromium: Any) -> None:
    quiet = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = quiet.new_page()
    page.goto(f"{url}/products")
    page.locator(".card a").first.click()
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_role("link", name="Choose a pickup time").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Order, pay at pickup").click()
    page.get_by_role("button", name="Cancel this order").click()
    assert page.locator("#status").inner_text() == "Cancelled"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody(url: str, chromium: Any, width: int, scheme: str) -> None:
    browser = Browser(
        chromium.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme), url
    )
    for path in (
        "/",
        "/stalls",
        "/stalls/brandt-orchard-2",
        "/products?q=apple",
        "/cart",
        "/sign-up",
        "/password",
        "/offline",
        "/nowhere",
    ):
        browser.go(path, refused=path == "/nowhere")
    _order(browser)
    _log_in(browser, "boss@example.org")
    for path in ("/account", "/office", "/notices", "/preferences"):
        browser.go(path)
    browser.go("/farm", refused=True)
    browser.go("/account")
    browser.press("Log out")
    _log_in(browser, "brandt-orchard-2@farmers.example")
    browser.go("/farm")
    browser.page.locator("summary").first.click()
    browser.look()
