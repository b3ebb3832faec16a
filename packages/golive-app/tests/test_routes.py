"""Templates of all frameworks in one notation."""

import pytest
from golive_app.routes import template


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("", "/"),
        ("products/<slug:slug>/", "/products/{slug}/"),
        ("/things/<int(min=1):number>", "/things/{number}"),
        ("/things/{number:int}", "/things/{number}"),
        ("/files/{path:path}", "/files/{path}"),
        (r"^orders/(?P<id>[0-9]+)/$", "/orders/{id}/"),
        (r"^(?P<year>\d{4})/(?P<slug>[\w-]+)\Z", "/{year}/{slug}"),
        ("äpfel/<name>", "/%C3%A4pfel/{name}"),
        ("a\r\nset-cookie: x", "/a%0D%0Aset-cookie:%20x"),
    ],
)
def test_template(route: str, expected: str) -> None:
    assert template(route) == expected
