"""Every address of the control room: a stranger gets nothing, a viewer changes nothing but what is their own."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern
from ninja import Schema

from golive.kernel.access import operations
from golive.kernel.access.roles import GOLIVE, Role
from golive.runtime.http import api
from golive.runtime.urls import urlpatterns

pytestmark = pytest.mark.django_db
FILLED = {"environment": "production", "token_id": "1", "update_id": "1", "verb": "pull"}
OPEN = {
    "api/health",  # for who watches golive from outside
    "api/ready",
    "login",
    "login/<str:secret>",  # a secret of its own
    "ack/<str:token>",  # signed
    "logout",
    "api/v1/docs",  # the same on every golive
    "api/v1/openapi.json",
}
SECURITY = (Path(__file__).parents[3] / "SECURITY.md").read_text()
BY_RELEASE = (
    "releases/<str:release_id>/<str:verb>"  # says on the page of the release what it refuses: ship/test_board.py
)
OWN = {  # what each person may do, whatever their role
    ("post", "people/tokens"),
    ("post", "people/tokens/<int:token_id>/revoke"),
    ("post", "/api/v1/tokens"),
}
SCHEMA = api.get_openapi_schema()


def paths() -> list[str]:
    routes = [one.pattern._route for one in urlpatterns if isinstance(one, URLPattern)]  # type: ignore[union-attr]
    described = {path.lstrip("/") for path in SCHEMA["paths"]}
    of_api = {
        "api/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route) for one in api.urls[0] if (route := one.pattern._route)
    }
    return sorted({*routes, *of_api} - described - OPEN)


CALLS = [(method, path) for path, methods in SCHEMA["paths"].items() for method in methods]


def address(route: str) -> str:
    return "/" + re.sub(r"<\w+:(\w+)>", lambda place: FILLED.get(place[1], "x"), route)


def example(schema: dict[str, Any]) -> Any:
    """Return the smallest value that fits."""
    if "$ref" in schema:
        return example(SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: example(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            return []
        case "boolean":
            return False
        case "integer" | "number":
            return schema.get("minimum", 1)
        case _:
            return "2030-01-01T00:00:00Z" if schema.get("format") == "date-time" else "x"


def call(client: Client, method: str, path: str) -> int:
    operation = SCHEMA["paths"][path][method]
    query = {
        one["name"]: example(one["schema"])
        for one in operation.get("parameters", ())
        if one["in"] == "query" and one.get("required")
    }
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    filled = re.sub(r"\{(\w+)\}", lambda place: FILLED.get(place[1], "1"), path)
    sent = {"data": json.dumps(example(body)), "content_type": "application/json"} if body else {}
    answer = getattr(client, method)(filled, **sent, query_params=query)
    return int(answer.status_code)


@pytest.fixture
def viewer() -> Client:
    person = operations.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER)
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("route", paths())
def test_a_stranger_is_sent_to_the_login(route: str) -> None:
    for answer in (Client().get(address(route)), Client().post(address(route))):
        assert answer.status_code in {302, 401, 405}, answer
        assert answer.status_code != 302 or answer.headers["Location"].startswith("/login?next=")


def test_the_doors_that_are_open_are_those_that_security_md_names() -> None:
    rule = SECURITY.partition("**Deny by default.**")[2].partition("Roles (")[0]
    named = {path.strip("/…") for path in re.findall(r"`(/[^`]+)`", rule)}
    assert named == {route.partition("/<")[0] for route in OPEN} | {"static"}


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_stranger_gets_nothing_from_the_api(method: str, path: str) -> None:
    assert call(Client(), method, path) == 401


@pytest.mark.parametrize("route", paths())
def test_a_viewer_changes_nothing_on_pages(route: str, viewer: Client) -> None:
    if ("post", route) not in OWN and route != BY_RELEASE:
        assert viewer.post(address(route)).status_code in {403, 405}


@pytest.mark.parametrize(("method", "path"), [one for one in CALLS if one[0] != "get" and one not in OWN])
def test_a_viewer_changes_nothing_over_the_api(method: str, path: str, viewer: Client) -> None:
    assert call(viewer, method, path) == 403


def test_no_two_shapes_of_the_api_have_one_name() -> None:
    """The second would take the first one's place in the reference, and in every client that is made from it."""
    shapes: dict[str, set[str]] = defaultdict(set)
    todo: list[type] = [Schema]
    while todo:
        for shape in todo.pop().__subclasses__():
            todo.append(shape)
            if shape.__module__.startswith("golive."):
                shapes[shape.__name__].add(shape.__module__)
    assert {name: places for name, places in shapes.items() if len(places) > 1} == {}
