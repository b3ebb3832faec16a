"""Every page passes the axe rules, light and dark, wide and on a phone, and asks nothing that the policy refuses."""

import pytest

from tests.support.control_room import control_room
from tools.screenshots import FLAGS, SIZES, chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")]


REAL = [
    "/",
    "/releases",
    "/explore",
    "/explore/logs",
    "/incidents",
    "/oncall",
    "/channels?kind=smtp",
    "/statuspage",
    "/people",
    "/audit",
    "/ui",
    "/login",
    "/nothing-here",
]
SAMPLES = [
    *(f"/sample/release/{kind}" for kind in ("waiting", "canary", "confirming", "rolled-back")),
    *(f"/sample/release/rolled-back?tab={tab}" for tab in ("gates", "changes", "approvals", "record")),
    "/sample/releases",
    "/sample/incident",
    "/sample/incidents",
    "/sample/incidents/none",
    "/sample/acknowledge",
    "/sample/oncall",
    "/sample/channels",
    "/sample/statuspage",
    "/sample/status/outage",
    "/sample/overview/moving",
    "/sample/overview/empty",
    "/sample/service",
    "/sample/explore/requests",
    "/sample/explore/trace",
    "/sample/explore/logs",
]
PHONE = [
    "/sample/release/canary",
    "/sample/incident/burning",
    "/sample/overview/moving",
    "/sample/overview/empty",
    "/sample/explore/trace",
    "/sample/explore/logs",
    "/sample/oncall",
    "/sample/channels",
    "/sample/status/operational",
    "/sample/service",
    "/sample/releases",
    "/people",
]


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    with control_room(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield running
        running.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("paths", "size", "theme"),
    [(REAL, "1280", "dark"), (SAMPLES, "1280", "light"), (PHONE, "390", "dark")],
    ids=["real", "samples", "phone"],
)
def test_pages_are_accessible(room, browser, paths, size, theme):
    from axe_playwright_python.sync_playwright import Axe

    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=theme)
    context.add_cookies([{"name": "golive_session", "value": room.cookie, "url": room.url}])
    context.add_init_script("window.setInterval = () => 0")  # a page that stands still is looked at
    page = context.new_page()
    refused: list[str] = []
    page.on(
        "console",
        lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None,
    )
    page.on("pageerror", lambda error: refused.append(str(error)))
    found: dict[str, list[str]] = {}
    for path in paths:
        page.goto(room.url + path, wait_until="load")
        results = Axe().run(page, options={"resultTypes": ["violations"]})
        broken = [
            f"{v['id']}: {n['html'][:140]} {n['target']}" for v in results.response["violations"] for n in v["nodes"]
        ]
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide > 0:
            broken.append(f"{too_wide} px wider than the window")
        if broken:
            found[path] = broken
    context.close()
    assert found == {}
    assert refused == []


def test_the_keyboard_reaches_every_room_and_every_act(room, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "golive_session", "value": room.cookie, "url": room.url}])
    page = context.new_page()
    page.goto(f"{room.url}/sample/release/canary", wait_until="load")
    page.keyboard.press("Control+k")
    page.keyboard.type("roll back")
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    assert "Will serve" in dialog.inner_text()
    assert page.evaluate("document.activeElement.closest('dialog[open]') !== null")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(f"{room.url}/incidents")
    page.click("[data-theme-switch]")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    context.close()


def test_every_page_says_its_answer_without_javascript(room, browser):
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "golive_session", "value": room.cookie, "url": room.url}])
    page = context.new_page()
    page.goto(f"{room.url}/sample/release/canary", wait_until="load")
    assert "serves 10" in page.inner_text("h1")
    assert page.locator("svg.drawing[role=img]").count() > 4
    assert page.locator("nav a:has-text('Gates')").get_attribute("href").endswith("?tab=gates#about")
    page.click("button:has-text('Roll back to 1.4.2')")
    assert page.locator("dialog[open] >> text=Will serve").count() == 1
    context.close()
