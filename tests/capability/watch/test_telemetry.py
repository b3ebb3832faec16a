"""What may be asked of telemetry over the API; what is found is in contract/store."""

import pytest
from django.test import Client

from golive.kernel.access import operations
from golive.kernel.access.roles import GOLIVE, Role

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59", "1969-12-31"]
)
@pytest.mark.parametrize(
    "question",
    ["traffic?site=shop/production&until=", "logs?service=shop&since=", "requests?site=shop/production&until="],
)
def test_a_moment_that_cannot_be_is_refused_in_words(question: str, moment: str) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(
        operations.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER),
    )
    answer = browser.get(f"/api/v1/{question}{moment.replace('+', '%2B')}")
    assert answer.status_code == 422
    assert "must lie between 1970 and 2200" in answer.json()["detail"]
