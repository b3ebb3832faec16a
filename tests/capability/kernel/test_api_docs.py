"""The page of the API works on a machine that reaches nothing outside, and tells nobody outside who reads it."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from golive.kernel.access import operations
from golive.kernel.access.roles import GOLIVE, Role

pytestmark = pytest.mark.django_db
DOCS = "/api/v1/docs"
OUTSIDE = re.compile(r"(?:https?:)?//(?!www\.w3\.org/)[\w.-]+\.\w+")  # XML namespaces are names


class Parts(HTMLParser):
    """What a browser fetches of its own accord for a page, and the code within it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.inline = ""
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        said: dict[str, Any] = dict(attrs)
        address = said.get("href") if tag == "link" else said.get("src")
        if address:
            self.fetched.append(address)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        self.inline += data if self._in_script else ""


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(operations.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER))
    return client


def test_swagger_ui_and_all_that_it_is_made_of_come_from_golive_itself(browser: Client) -> None:
    answer = browser.get(DOCS)
    parts = Parts(answer.content.decode())
    assert answer.status_code == 200
    assert OUTSIDE.findall(parts.inline) == []
    kinds = {}
    for address in parts.fetched:
        assert address.startswith("/static/"), address
        found = browser.get(address)
        assert (found.status_code, len(found.content) > 100) == (200, True), address
        kinds[address.rpartition(".")[2]] = found.headers["Content-Type"].partition(";")[0]
    assert kinds["css"] == "text/css"
    assert kinds["js"] == "text/javascript"
    assert any("swagger-ui" in address for address in parts.fetched)


def test_its_page_may_load_nothing_from_elsewhere(browser: Client) -> None:
    answer = browser.get(DOCS)
    assert OUTSIDE.findall(answer.headers["Content-Security-Policy"]) == []
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_description_that_it_reads_is_golives_own(browser: Client) -> None:
    page = browser.get(DOCS).content.decode()
    (address,) = re.findall(r"[\"'](/[^\"']*openapi\.json)[\"']", page)
    assert browser.get(address).json()["info"]["title"] == "golive"
