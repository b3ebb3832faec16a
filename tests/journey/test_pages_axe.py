"""Every page passes the axe rules, light and dark, wide and on a phone, and asks nothing that the policy refuses."""

import pytest

from tools.chromium import chromium
from tools.screenshots import SIZES

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")]


REAL = [
    "/",
    "/releases",
    "/explore",
    "/explore/traces",
    "/explore/logs",
    "/incidents",
    "/oncall",
    "/channels?kind=smtp",
    "/statuspage",
    "/people",
    "/jobs",
    "/audit",
    "/ui",
    "/login",
    "/nothing-here",
]
KINDS = (
    "building",
    "failed-gate",
    "waiting",
    "first",
    "canary",
    "confirming",
    "rolled-back",
    "held",
    "asked",
    "serving",
    "settled",
)
RELEASES = [
    *(f"/sample/release/{kind}" for kind in KINDS),
    *(f"/sample/release/rolled-back?tab={tab}" for tab in ("gates", "changes", "approvals", "record")),
    "/sample/release/building?tab=gates",
    "/sample/releases",
    *(f"/sample/gate/{kind}" for kind in ("running", "failed", "passed")),
]
SAMPLES = [
    *(f"/sample/overview/{kind}" for kind in ("moving", "calm", "empty")),
    "/sample/service",
    "/sample/incident",
    "/sample/incident/burning",
    "/sample/incidents",
    "/sample/incidents/none",
    "/sample/acknowledge",
    "/sample/acknowledge/done",
    "/sample/acknowledge/gone",
    "/sample/oncall",
    "/sample/channels",
    "/sample/statuspage",
    "/sample/status/operational",
    "/sample/status/outage",
    "/sample/edge/maintenance",
    "/sample/edge/empty",
    "/sample/fails/role",
    "/sample/fails/403",
    "/sample/fails/form",
    "/sample/fails/500",
    *(f"/sample/explore/{view}" for view in ("requests", "traces", "trace", "logs")),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("paths", [REAL, RELEASES, SAMPLES], ids=["real", "releases", "samples"])
def test_pages_are_accessible(room, browser, paths, size):
    width, height = SIZES[size]
    # Without motion, so that no button is on its way to its other colour when it is looked at.
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
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
        page.emulate_media(color_scheme="light")
        page.goto(room.url + path, wait_until="load")
        broken = breaches(page)
        page.emulate_media(color_scheme="dark")
        broken += breaches(page, "color-contrast")  # the only rule that asks for the theme
        too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if too_wide > 0:
            broken.append(f"{too_wide} px wider than the window")
        if broken:
            found[path] = broken
    context.close()
    assert found == {}
    assert refused == []


def breaches(page, *rules: str) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    results = Axe().run(page, options=options)
    return [f"{v['id']}: {n['html'][:140]} {n['target']}" for v in results.response["violations"] for n in v["nodes"]]


@pytest.mark.parametrize("path", ["/sample/release/canary", "/sample/release/asked", "/sample/service"])
def test_on_a_phone_everything_that_may_be_done_is_in_sight(room, browser, path):
    width, height = SIZES["390"]
    context = browser.new_context(viewport={"width": width, "height": height}, has_touch=True)
    context.add_cookies([{"name": "golive_session", "value": room.cookie, "url": room.url}])
    page = context.new_page()
    page.goto(room.url + path, wait_until="load")
    places = [button.bounding_box() for button in page.locator(".head > .acts .btn").all()]
    assert len(places) > 1
    assert all(at["x"] >= 0 and at["x"] + at["width"] <= width for at in places)
    assert all(at["height"] >= 44 and at["y"] + at["height"] <= height for at in places)
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
