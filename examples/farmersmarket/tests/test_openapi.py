"""The whole API is fuzzed from its own description: no server error, and answers as described."""

from typing import Any

import pytest
from django.core.cache import cache
from django.core.wsgi import get_wsgi_application
from django.utils import timezone
from farmersmarket.catalog.models import Product
from farmersmarket.people.models import Person
from farmersmarket.people.operations import create_token

schemathesis = pytest.importorskip("schemathesis")
from hypothesis import HealthCheck, assume, given, settings  # noqa: E402
from hypothesis.strategies import booleans  # noqa: E402

EXAMPLES = 20


@pytest.fixture
def described(world: None, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr("farmersmarket.answers.limits.WRITES", 10**9)
    cache.clear()
    return schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())


@pytest.fixture
def token(world: None) -> str:
    person = Person.objects.create_superuser("boss@example.org", "x" * 12, name="Boss")
    return create_token(person=person, name="fuzzer", now=timezone.now())


OPERATIONS = (
    *((method, "/api/products") for method in ("GET", "POST")),
    ("GET", "/api/products/search"),
    ("GET", "/api/products/categories"),
    *((method, "/api/products/{slug}") for method in ("GET", "PUT", "PATCH", "DELETE")),
    ("POST", "/api/products/{slug}/images"),
    ("DELETE", "/api/products/{slug}/images/{image_id}"),
    *((method, "/api/products/{slug}/inventory") for method in ("GET", "POST")),
    ("GET", "/api/products/{slug}/prices"),
    *((method, "/api/products/{slug}/reviews") for method in ("GET", "POST")),
    ("GET", "/api/orders/{order_id}"),
    ("PUT", "/api/orders/{order_id}/status"),
    ("POST", "/api/orders/{order_id}/seen"),
    ("POST", "/api/metrics"),
)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_keeps_its_word(described: Any, token: str, method: str, path: str) -> None:
    slug = Product.objects.values_list("slug", flat=True)[0]

    @given(case=described[path][method].as_strategy(), known=booleans())
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    def ask(case: Any, known: bool) -> None:
        # Half of what is asked concerns a product that exists, else hardly anything but 404 would be tried.
        if known and "slug" in (case.path_parameters or {}):
            case.path_parameters["slug"] = slug
        # These have an operation of their own; no product can be called so, as its slug begins with its stall's and "-".
        assume((case.path_parameters or {}).get("slug") not in ("search", "categories"))
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500
        described[path][method].validate_response(answer)

    ask()


def test_nothing_is_left_out(described: Any) -> None:
    found = {
        (operation.ok().method.upper(), operation.ok().path)
        for operation in described.get_all_operations()
    }
    assert found == set(OPERATIONS)
