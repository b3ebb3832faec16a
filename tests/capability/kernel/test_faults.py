"""What golive says when it fails itself, or when its state database does: in words, on pages and over the API."""

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection
from django.test import Client

from golive.kernel import log
from golive.kernel.access import operations
from golive.kernel.access.models import Person
from golive.kernel.access.roles import GOLIVE, Role

pytestmark = pytest.mark.django_db
AWAY = [OperationalError("database is locked"), InterfaceError("connection already closed")]


@pytest.fixture(autouse=True)
def _logs() -> None:
    log.configure(json=True)


@pytest.fixture
def person() -> Person:
    return operations.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER)


@pytest.fixture
def browser(person: Person) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


@contextmanager
def database_that_raises(error: Exception, *, of: str = "") -> Iterator[None]:
    """Each statement fails, or each that names the table `of`."""

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if of in sql:
            raise error
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.parametrize("error", AWAY)
@pytest.mark.parametrize(
    ("path", "of"),
    [("/", ""), ("/", "access_person"), ("/people", "access_token"), ("/login/s3cret", ""), ("/x/y", "")],
)
def test_a_page_says_that_the_database_is_away(browser: Client, error: Exception, path: str, of: str) -> None:
    with database_that_raises(error, of=of):
        answer = browser.get(path)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    page = answer.content.decode()
    assert "The state database does not answer." in page
    assert "Try again in a few seconds" in page


@pytest.mark.parametrize("error", AWAY)
@pytest.mark.parametrize("method", ["session", "token"])
def test_the_api_says_that_the_database_is_away(browser: Client, person: Person, error: Exception, method: str) -> None:
    headers = {}
    if method == "token":
        browser = Client(raise_request_exception=False)
        headers["Authorization"] = f"Bearer {operations.create_token(by=GOLIVE, person=person, name='t')[1]}"
    with database_that_raises(error):
        answer = browser.get("/api/v1/people", headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"].endswith("#database-away")
    assert answer.json()["hint"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_no_fault_of_golive(browser: Client, number: int) -> None:
    with database_that_raises(OSError(number, os.strerror(number)), of="access_person"):
        answer = browser.get("/api/v1/people")
    assert (answer.status_code, answer.json()["title"]) == (507, "The disk is full")
    assert "as soon as there is room" in answer.json()["detail"]
    assert "Free some space" in answer.json()["hint"]


def test_what_the_database_cannot_keep_is_no_fault_of_golive(browser: Client) -> None:
    with database_that_raises(DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), of="access_token"):
        page, answer = browser.get("/people"), browser.get("/api/v1/tokens")
    assert (page.status_code, answer.status_code) == (422, 422)
    assert "NUL" in page.content.decode()
    assert "NUL" in answer.json()["detail"]


def test_a_fault_has_a_page_whose_advice_exists(browser: Client) -> None:
    with database_that_raises(RuntimeError("a bug"), of="access_person"):
        page = browser.get("/people")
        answer = browser.get("/api/v1/people")
    assert page.status_code == 500
    assert "This page broke" in page.content.decode()
    assert "logs/golive-control" in page.content.decode()
    assert (answer.status_code, answer.json()["title"]) == (500, "golive failed")


@pytest.mark.parametrize("path", ["/login/s3cret", "/ack/s3cret"])
def test_a_link_that_is_a_secret_stays_out_of_the_log(
    browser: Client, path: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with database_that_raises(OperationalError("database is locked")):
        browser.post(path)
    printed = capsys.readouterr().err
    assert json.loads(printed)["route"].startswith(f"{path.split('/')[1]}/<str:")
    assert "s3cret" not in printed + caplog.text
