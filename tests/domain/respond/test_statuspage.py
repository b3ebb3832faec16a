"""The bars of the last days."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from golive.respond.statuspage.domain import Health, Span, bars, opening_words, uptime, worst

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def span(hours_ago: float, hours: float | None, health: Health = Health.DEGRADED) -> Span:
    start = NOW - hours_ago * HOUR
    return Span(health, start, None if hours is None else start + hours * HOUR)


def test_a_trouble_over_midnight_counts_on_both_days_and_only_once() -> None:
    found = bars([span(14, 4), span(13, 1, Health.OUTAGE)], NOW)
    assert [(bar.trouble_s, bar.health) for bar in found[-2:]] == [
        (7200, "outage"),
        (7200, "degraded"),
    ]
    assert [bar.day.isoformat() for bar in (found[0], found[-1])] == ["2026-03-18", "2026-06-15"]


def test_what_goes_on_counts_until_now_and_maintenance_is_no_trouble() -> None:
    (*_, today) = bars([span(2, None), span(6, 1, Health.MAINTENANCE)], NOW)
    assert (today.trouble_s, today.health) == (7200, "degraded")
    (*_, calm) = bars([span(6, 1, Health.MAINTENANCE)], NOW)
    assert (calm.trouble_s, calm.health) == (0, "maintenance")


spans = st.builds(
    span,
    st.floats(0, 3000),
    st.one_of(st.none(), st.floats(0, 500)),
    st.sampled_from([Health.DEGRADED, Health.OUTAGE, Health.MAINTENANCE]),
)


@given(st.lists(spans, max_size=8))
def test_no_day_has_more_trouble_than_seconds_and_uptime_is_a_share(some: list[Span]) -> None:
    found = bars(some, NOW)
    assert len(found) == 90
    assert all(0 <= bar.trouble_s <= 86400 for bar in found)
    assert found[-1].trouble_s <= 12 * 3600
    assert 0 <= uptime(found, NOW) <= 1
    assert not any(bar.trouble_s and bar.health in {"operational", "maintenance"} for bar in found)


def test_the_worst_state_wins() -> None:
    assert worst([]) == "operational"
    assert worst([Health.OUTAGE, Health.MAINTENANCE]) == "outage"


def test_no_release_is_blamed_in_public_unless_it_is() -> None:
    assert "new version" in opening_words("shop", blames_release=True, health=Health.DEGRADED)
    assert "new version" not in opening_words("shop", blames_release=False, health=Health.DEGRADED)
