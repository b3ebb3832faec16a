"""What weighs most is what is least likely by chance."""

from hypothesis import given
from hypothesis import strategies as st

from golive.ship.evidence.domain import sentence
from golive.watch.evidence.domain import added_ms, surprise

counts = st.integers(min_value=0, max_value=10_000)


@given(counts, counts, counts, counts)
def test_surprise_is_signed_and_symmetric(a, extra_a, b, extra_b):
    value = surprise(a, a + extra_a, b, b + extra_b)
    mirrored = surprise(b, b + extra_b, a, a + extra_a)
    assert abs(abs(value) - abs(mirrored)) < 1e-6 * max(1.0, abs(value))
    if value > 1e-6:
        assert a * (b + extra_b) > b * (a + extra_a)


def test_a_clear_difference_outweighs_a_small_one():
    assert surprise(50, 100, 1, 900) > surprise(3, 100, 1, 900) > 0
    assert surprise(0, 100, 90, 900) < 0
    assert abs(surprise(5, 100, 45, 900)) < 1e-9


def test_slower_counts_by_time_and_traffic():
    assert added_ms(500, 100, 100) > added_ms(500, 100, 10) > added_ms(90, 100, 10) == 0


def failing(**fields):
    shift = {"route": "/pay", "status": 0, "weight": 9.0, "old_count": 0, "old_requests": 40}
    return {"statuses": [shift | {"new_count": 12, "new_requests": 20} | fields]}


def test_what_no_user_saw_is_said():
    assert (
        sentence(failing()) == "/pay gives no answer in 12 of 20 requests, before in 0 of 40."
    )  # kept by golive before
    assert sentence(failing(rescued=0)) == sentence(failing())
    assert sentence(failing(rescued=12)).endswith("0 of 40. No user saw that: another try answered.")
    assert sentence(failing(rescued=5)).endswith("0 of 40. 5 of them no user saw: another try answered.")
