"""The figures that pages show, from the real store."""

from datetime import timedelta

import pytest

from golive.kernel import clock
from golive.watch.telemetry.queries import everywhere, traffic


def test_all_sites_at_once_have_the_figures_that_each_has_alone(store):
    now = clock.now()
    client = store.client()
    client.insert(
        "edge_requests",
        [
            {
                "Timestamp": f"{now.timestamp() - 30 - seconds:.6f}",
                "Site": f"{site}/production",
                "Method": "GET",
                "Path": "/",
                "Status": 500 if seconds % 3 == 0 else 200,
                "Flags": "-",
                "Ms": 10 + seconds,
            }
            for site, count in (("shop", 90), ("mail", 7))
            for seconds in range(count)
        ],
    )
    span, step = timedelta(hours=1), timedelta(minutes=1)
    together = everywhere.overviews(client, until=now, span=span, step=step)
    for site in ("shop/production", "mail/production"):
        alone = traffic.overview(client, site, until=now, span=span, step=step)
        found = together[site]
        assert (found.total.requests, found.total.errors) == (alone.total.requests, alone.total.errors)
        assert found.total.p95_ms == pytest.approx(alone.total.p95_ms)
        assert [(p.at, p.requests, p.errors) for p in found.points] == [
            (p.at, p.requests, p.errors) for p in alone.points
        ]
    assert list(everywhere.overviews(client, until=now, span=span, step=step, sites=["mail/production"])) == [
        "mail/production"
    ]
    assert everywhere.overviews(client, until=now, span=span, step=step, sites=["nobody/production"]) == {}
