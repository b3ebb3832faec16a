"""What a retry spared the users is evidence against the release that failed: a real edge, a real store."""

from datetime import timedelta

import pytest

from golive.kernel import clock
from golive.ship.traffic.domain import Split
from golive.watch.evidence.queries import compare
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE
from tests.support import wait_for
from tests.support.store import StoreProcess

OLD, NEW = range(12), range(100, 108)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def store(edge, tmp_path):
    process = StoreProcess(tmp_path / "store", edge_dir=str(edge.directory)).start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def canary(edge):
    """The release before has answered, everybody is on the canary now; gives the function that breaks it."""
    since = clock.now()
    for number in OLD:
        assert edge.get(f"/orders/of-{number}").text == "A"
    edge.serve(Split("B", "A", 1.0), try_timeout_s=0.3)
    wait_for(lambda: edge.get("/fine").text == "B")

    def breaks(mode):
        for upstream in edge.of("B"):
            ask(upstream.port, "/_again")
            upstream.mode(mode)
        return since

    yield breaks
    for upstream in edge.of("B"):
        upstream.mode("ok")
        ask(upstream.port, "/let-go")


@pytest.mark.parametrize(("mode", "status"), [("drop", 0), ("hang", 0), ("503", 503)])
def test_a_canary_whose_failures_were_all_rescued_is_seen_on_its_route(edge, store, canary, mode, status):
    since = canary(mode)
    assert {edge.get(f"/orders/{mode}-{number}").text for number in NEW} == {"A"}
    for table in ("edge_requests", "edge_attempts"):
        store.wait_count(table, len(NEW), f"Path LIKE '/orders/{mode}-%' AND Status = 200")
    found = compare(store.client(), SITE, old="A", new="B", since=since, until=clock.now() + MINUTE)
    worst = found.statuses[0]
    assert (worst.route, worst.status, worst.bad) == ("/orders/{id}", status, True)
    assert (worst.new_count, worst.new_requests, worst.old_count) == (len(NEW), len(NEW), 0)
    assert worst.old_requests == len(OLD) + len(NEW)
    assert worst.rescued == len(NEW)
    assert (found.new.errors, found.old.errors) == (0, 0), "no user's request failed"
