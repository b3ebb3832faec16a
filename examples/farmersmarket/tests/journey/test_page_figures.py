"""What pages weigh and how they feel to a phone: ``pytest tests/journey/test_page_figures.py -s`` prints the figures.

LCP is printed and not judged: it depends on the machine.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from running import Market, Shopper, browser_path, wait_for

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.skipif(browser_path() is None, reason="needs a Chromium")
WIDTHS = (390, 1280)
KB = 1024
WATCH = """
window.felt = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => { for (const e of list.getEntries()) felt.lcp = e.startTime; }).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) felt.cls += e.value; }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass
class Figures:
    """Bytes on the wire, milliseconds, and the layout shift of one page view with an empty cache."""

    path: str
    width: int
    total: int
    scripts: int
    lcp: float
    cls: float

    def __str__(self) -> str:
        return f"{self.path:<28}{self.width:>6} px {self.total / KB:>8.1f} KB {self.scripts / KB:>6.1f} KB js {self.lcp:>7.0f} ms LCP {self.cls:>7.3f} CLS"


def test_pages_are_light_and_hold_still(on_sqlite: Market) -> None:
    url, _ = on_sqlite.replica()
    order = Shopper(url).order()
    slug = on_sqlite.run(
        "from farmersmarket.catalog.queries import browse; print(browse(size=1)[0][0].slug)"
    )
    paths = ("/", "/stalls", "/products", f"/products/{slug}", "/cart", f"/orders/{order}/track")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        found = [_view(browser, url, path, width) for path in paths for width in WIDTHS]
        browser.close()
    print(*found, sep="\n")
    assert max(page.scripts for page in found) < 60 * KB
    assert max(page.total for page in found) < 850 * KB
    assert max(page.cls for page in found) < 0.1


def _view(browser: Any, url: str, path: str, width: int) -> Figures:
    # Without the worker, whose own downloads are not the page's.
    context = browser.new_context(viewport={"width": width, "height": 844}, service_workers="block")
    context.add_init_script(WATCH)
    page = context.new_page()
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    wire = context.new_cdp_session(page)
    wire.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
    wire.on(
        "Network.loadingFinished",
        lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}),
    )
    wire.send("Network.enable")
    page.goto(url + path, wait_until="load")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")
    wait_for(lambda: page.evaluate("felt.lcp") > 0)
    felt = page.evaluate("felt")
    context.close()
    scripts = sum(size for key, size in sizes.items() if kinds.get(key) == "Script")
    return Figures(path[:27], width, sum(sizes.values()), scripts, felt["lcp"], felt["cls"])
