"""The same revision deployed twice: two releases, two names, everywhere that people read them."""

import threading

import pytest
from django.db import connection, connections

from golive.kernel.events.queries import about
from golive.ship.releases import operations, queries
from golive.ship.releases.models import Release
from golive.ship.releases.operations import Revision
from tests.support.ship_world import OPERATOR, world

pytestmark = pytest.mark.django_db(transaction=True)
SAME = Revision("shop", "a" * 40, "a1b2c3d", "Work", "mira@example.org", None, "")


def test_the_second_of_a_revision_is_numbered() -> None:
    with world() as w:
        w.ship("1.0")
        w.run(lambda: w.number > 600)
        two = w.ship("1.0")
        seen = queries.release(two)
        assert seen.version == "1.0+2"
        assert queries.release(seen.replaced).version == "1.0"
        assert "1.0 takes over from 1.0+2" in operations.plan_rollback(service="shop").sentence
        assert {event.facts["version"] for event in about(two)} == {"1.0+2"}
        first = queries.record(two)[0]
        assert first.facts["version"] == "1.0+2"
        assert queries.check_record(two).holds
        three = w.ship("1.0")
        assert (three != two, queries.release(three).serving) == (True, True)
        assert queries.release(three).version == "1.0+3"


def test_another_service_has_names_of_its_own() -> None:
    with world() as w:
        w.queue("1.0")
        w.service = "other"
        assert queries.release(w.queue("1.0")).version == "1.0"


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one write at a time")
def test_those_who_ask_at_once_get_different_names() -> None:
    with world():
        ready = threading.Barrier(4)

        def ask() -> None:
            ready.wait(30)
            operations.queue(by=OPERATOR, what=SAME)
            connections.close_all()

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        names = sorted(Release.objects.values_list("version", flat=True))
        assert names == ["a1b2c3d", "a1b2c3d+2", "a1b2c3d+3", "a1b2c3d+4"]
