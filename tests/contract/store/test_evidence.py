"""Evidence about a release that broke one route, slowed another and says new things."""

from datetime import timedelta

import pytest

from golive.watch.evidence.queries import compare
from golive.watch.telemetry.domain import ROUTE_TEMPLATE, route_template
from golive.watch.telemetry.queries import traffic
from tests.support.telemetry import HOUR, now

SITE = "market/production"
RESOURCE = {"service.name": "market", "deployment.environment.name": "production"}


def request(number, release, route, status=200, ms=20.0, minutes=5):
    return {
        "Timestamp": now() - timedelta(minutes=minutes),
        "Site": SITE,
        "RequestId": f"{release}-{number}",
        "TraceId": f"{number:032x}" if status >= 500 else "",
        "Release": release,
        "Method": "GET",
        "Path": route,
        "Route": route,
        "Status": status,
        "Ms": ms,
        "Flags": "",
    }


def line(release, body, minutes, *, service="market", **attributes):
    return {
        "Timestamp": now() - timedelta(minutes=minutes),
        "ServiceName": service,
        "Body": body,
        "SeverityNumber": 17,
        "ResourceAttributes": {**RESOURCE, "service.name": service, "golive.release": release},
        "LogAttributes": attributes,
    }


def failure(kind):
    return {"exception.type": kind, "exception.message": "of 7"}


@pytest.fixture(scope="module")
def client(store):
    client = store.client()
    rows = []
    for n in range(1000):
        rows.append(request(n, "rel_old", "/", ms=20 + n % 10))
        rows.append(request(n, "rel_old", "/orders", status=500 if n % 200 == 0 else 200))
        rows.append(request(n, "rel_old", "/gone"))
    for n in range(100):
        rows.append(request(n, "rel_new", "/", ms=400 + n))
        rows.append(request(n, "rel_new", "/orders", status=500 if n % 4 == 0 else 200))
        rows.append(request(n, "rel_new", "/gone", status=404))
    client.insert("edge_requests", rows)
    client.insert("edge_attempts", rows)

    client.insert(
        "otel_logs",
        [
            line("rel_old", "order 1 placed", 90),
            line("rel_old", "seen before", 90, **failure("OldError")),
            *(line("rel_new", f"order {n} placed", 5) for n in range(5)),
            *(line("rel_new", f"till {n} jammed", 5, **failure("NewError")) for n in range(7)),
            line("rel_new", "seen before", 5, **failure("OldError")),
            line("rel_new", "shared trouble", 5, **failure("SharedError")),
            line("rel_old", "shared trouble", 5, **failure("SharedError")),
        ],
    )
    return client


def test_what_differs_is_found_and_what_does_not_is_left_out(client):
    found = compare(client, SITE, old="rel_old", new="rel_new", since=now() - HOUR, until=now() + HOUR)
    assert (found.new.requests, found.new.errors) == (300, 25)
    assert (found.old.requests, found.old.errors) == (3000, 5)
    assert [shift.route for shift in found.statuses if shift.bad] == ["/gone", "/orders"]
    gone, orders = found.statuses[:2]
    assert (gone.status, gone.new_count, gone.new_requests, gone.old_count, gone.old_requests) == (
        404,
        100,
        100,
        0,
        1000,
    )
    assert (orders.status, orders.new_count, orders.old_count) == (500, 25, 5)
    assert len(orders.request_ids) == 5
    assert all(request_id.startswith("rel_new-") for request_id in orders.request_ids)
    assert len(orders.trace_ids) == 5
    assert [route.route for route in found.slower] == ["/"]
    assert found.slower[0].old_p95_ms < 30 < 490 < found.slower[0].new_p95_ms
    assert found.slower[0].request_ids[0] == "rel_new-99"
    assert [(g.kind, g.count) for g in found.new_errors] == [("NewError", 7)]
    assert [(p.template, p.count) for p in found.new_patterns] == [("till <*> jammed", 7)]


def test_what_users_saw_is_told_apart_from_what_a_retry_spared_them(client):
    site = "retried/production"

    def row(number, release, status, attempts=0):
        # A try without an answer says nothing of its route: the path is all there is.
        route = "/orders/{order}" if 0 < status < 500 else "/orders/{id}"
        return {
            **request(number, release, f"/orders/{number}", status),
            "Site": site,
            "Route": route,
            "RequestId": f"retried-{number}",
            "Attempts": attempts,
        }

    calm, spared, failed = range(1000), range(1000, 1030), range(2000, 2010)  # nobody else asked for the last paths
    client.insert(
        "edge_attempts",
        [
            *(row(n, "rel_old", 200) for n in calm),
            *(row(n, "rel_new", 0) for n in spared),
            *(row(n, "rel_old", 200) for n in spared),
            *(row(n, "rel_new", 0) for n in (*failed, *failed)),
        ],
    )
    client.insert(
        "edge_requests",
        [
            *(row(n, "rel_old", 200, 1) for n in calm),
            *(row(n, "rel_old", 200, 2) for n in spared),
            *(row(n, "rel_new", 503, 2) for n in failed),
        ],
    )
    found = compare(client, site, old="rel_old", new="rel_new", since=now() - HOUR, until=now() + HOUR)
    worst = found.statuses[0]
    assert (worst.route, worst.status, worst.new_count, worst.new_requests) == ("/orders/{order}", 0, 50, 50)
    assert (worst.old_count, worst.old_requests, worst.rescued) == (0, 1030, 30)
    assert (found.new.requests, found.new.errors) == (10, 10)


ROUTES = [
    ("/orders/12/items/7", "/orders/{id}/items/{id}"),
    ("/o/5e1f0a2b-0000-4000-8000-00000000abcd", "/o/{id}"),
    ("/t/9f86d081884c7d659a2feaa0c55ad015", "/t/{id}"),
    ("/t/abc_def=ghi-jkl~mno1pqr", "/t/{id}"),
    ("/products/apples-and-pears-of-the-season", "/products/apples-and-pears-of-the-season"),
    ("/", "/"),
    ("", ""),
]


@pytest.mark.parametrize(("path", "route"), ROUTES)
def test_the_store_knows_a_path_by_the_same_look(client, path, route):
    (row,) = client.query(f"SELECT {ROUTE_TEMPLATE} AS look FROM (SELECT {{path:String}} AS Path)", {"path": path})
    assert row["look"] == route_template(path) == route


def test_a_first_release_is_not_compared_with_requests_that_reached_none(client):
    site = "first/production"
    rows = [request(n, "", "/", status=503) for n in range(200)]
    rows += [request(n, "rel_first", "/", status=500 if n % 2 else 200) for n in range(200)]
    for table in ("edge_requests", "edge_attempts"):
        client.insert(table, [{**row, "Site": site} for row in rows])
    found = compare(client, site, old="", new="rel_first", since=now() - HOUR, until=now() + HOUR)
    assert (found.new.requests, found.old.requests) == (200, 0)
    assert [shift for shift in found.statuses if shift.old_requests] == []


DAY = 24 * 60


def test_a_bug_that_ships_again_is_new_and_names_the_release_that_had_it(client):
    def again(*args, **attributes):
        return line(*args, service="again", **attributes)

    client.insert(
        "otel_logs",
        [
            *(again("rel_first", f"till {n} jammed", 5 * DAY, **failure("Jam")) for n in range(50)),
            *(again("rel_bad", f"till {n} jammed", DAY, **failure("Jam")) for n in range(50)),
            *(again("rel_worse", f"belt {n} torn", 20, **failure("Tear")) for n in range(3)),  # pulled just now
            *(again("rel_fixed", f"order {n} placed", 90, **failure("Known")) for n in range(50)),
            again("", "lamp 1 out", DAY, **failure("Lamp")),  # of no release
            *(again("rel_new", f"till {n} jammed", 5, **failure("Jam")) for n in range(9)),
            *(again("rel_new", f"belt {n} torn", 5, **failure("Tear")) for n in range(7)),
            *(again("rel_new", f"lamp {n} out", 5, **failure("Lamp")) for n in range(5)),
            *(again("rel_new", f"order {n} placed", 5, **failure("Known")) for n in range(50)),
        ],
    )
    window = {"since": now() - HOUR, "until": now() + HOUR}
    found = compare(client, "again/production", old="rel_fixed", new="rel_new", **window)
    assert [(g.kind, g.count, g.seen_before) for g in found.new_errors] == [
        ("Jam", 9, "rel_bad"),
        ("Tear", 7, "rel_worse"),
        ("Lamp", 5, ""),
    ]
    assert [(p.template, p.count, p.seen_before) for p in found.new_patterns] == [
        ("till <*> jammed", 9, "rel_bad"),
        ("belt <*> torn", 7, "rel_worse"),
        ("lamp <*> out", 5, ""),
    ]
    assert found.new_errors[0].first_seen < now() - 4 * timedelta(days=1)


def test_a_rare_new_error_is_found_behind_a_thousand_frequent_ones(client):
    both = [
        line(release, "x", 5, service="noisy", **failure(f"Error{n}"))
        for release in ("rel_old", "rel_new", "rel_new")
        for n in range(1001)
    ]
    client.insert("otel_logs", [*both, line("rel_new", "x", 5, service="noisy", **failure("RareError"))])
    window = {"since": now() - HOUR, "until": now() + HOUR}
    found = compare(client, "noisy/production", old="rel_old", new="rel_new", **window)
    assert [(g.kind, g.count) for g in found.new_errors] == [("RareError", 1)]


def test_an_empty_window_is_empty_evidence(client):
    found = compare(client, SITE, old="a", new="b", since=now() - 3 * HOUR, until=now() - 2 * HOUR)
    assert (found.new.requests, found.statuses, found.new_errors) == (0, [], [])


def test_overview_has_every_step_and_every_release(client):
    seen = traffic.overview(client, SITE, until=now())
    assert 60 <= len(seen.points) <= 61
    assert [release.name for release in seen.releases] == ["rel_old", "rel_new"]
    assert sum(point.errors for point in seen.points) == seen.total.errors == 30
    routes = traffic.routes(client, SITE, since=now() - HOUR, until=now(), release="rel_new")
    assert {route.name for route in routes} == {"/", "/orders", "/gone"}
    by_release = traffic.series(
        client, SITE, since=now() - HOUR, until=now(), step=timedelta(seconds=10), by_release=True
    )
    assert sum(point.requests for point in by_release["rel_new"]) == 300
