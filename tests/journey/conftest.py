"""A control room and a browser for the journeys through its pages."""

import pytest

from tests.support.control_room import control_room
from tools.chromium import chromium
from tools.screenshots import FLAGS


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    with control_room(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def launch():
    """Starts Chromium with more flags; one driver serves all tests, a second one in this thread is refused."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield lambda *flags: playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *flags])


@pytest.fixture(scope="session")
def browser(launch):
    running = launch()
    yield running
    running.close()


@pytest.fixture
def window(room, browser):
    """Open windows of a person who is logged in; they are closed at the end."""
    opened = []

    def open_(path: str, **options):
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        context.add_cookies([{"name": "golive_session", "value": room.cookie, "url": room.url}])
        opened.append(context)
        page = context.new_page()
        page.goto(room.url + path, wait_until="load")
        return page

    yield open_
    for context in opened:
        context.close()
