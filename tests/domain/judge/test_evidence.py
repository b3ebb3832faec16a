import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.ship.judge.domain.evidence import (
    GRID,
    AbsoluteEvidence,
    RelativeEvidence,
    confidence_bound,
)
from golive.ship.judge.domain.windows import ExposureWindow


def test_the_recursion_is_the_sum_over_all_starting_times():
    rng, evidence, history = random.Random(1), RelativeEvidence(0.0), []
    for t in range(1, 400):
        a, b = rng.randrange(3), rng.randrange(4)
        if a or b:
            evidence.update(float(t), a, b, 0.3, 1.5)
        history.append((t, a, b))
    odds = 1.5 * 0.3 / 0.7

    def ratio(start, r):
        return math.exp(
            sum(
                a * math.log(r) + (a + b) * (math.log1p(odds) - math.log1p(odds * r))
                for t, a, b in history
                if t >= start
            )
        )

    last = 399 // 15
    expected = 0.5 * sum(ratio(0, r) for r in GRID) / 24
    for k in range(1, last + 1):
        expected += 0.5 / (k * (k + 1)) * sum(ratio(15 * k, r) for r in GRID) / 24
    assert evidence.value() == pytest.approx(expected + 0.5 / (last + 1), rel=1e-9)


def test_ville_at_the_tolerance():
    """Exactly r0 times as many failures: E reaches 20 in at most 5 % of the runs, whenever one looks."""
    reached = 0
    for seed in range(400):
        rng, evidence, top = random.Random(seed), RelativeEvidence(0.0), 0.0
        for t in range(1, 201):
            new = int(rng.random() < 0.375)
            evidence.update(float(t), new, 1 - new, 2 / 7, 1.5)
            top = max(top, evidence.value())
        reached += top >= 20
    assert reached <= 20


def test_ville_of_the_absolute_evidence():
    reached = 0
    for seed in range(300):
        rng, evidence, top = random.Random(seed), AbsoluteEvidence(0.0), 0.0
        for t in range(1, 201):
            failed = sum(rng.random() < 0.02 for _ in range(5))
            evidence.update(float(t), failed, 5, 0.02)
            top = max(top, evidence.value())
        reached += top >= 20
    assert reached <= 15


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40), st.floats(0.01, 0.99))
def test_good_news_never_raises_the_evidence(ticks, share):
    """A failure of old in place of none cannot speak against new."""
    without, more = RelativeEvidence(0.0), RelativeEvidence(0.0)
    for t, (new, old) in enumerate(ticks):
        without.update(float(t), new, old, share, 1.5)
        more.update(float(t), new, old + 1, share, 1.5)
        assert more.value() <= without.value() * (1 + 1e-9)


@given(st.integers(0, 200), st.integers(0, 400))
def test_confidence_bounds_enclose_the_share(failed, good):
    n = failed + good
    low = confidence_bound(failed, n, 0.05, upper=False)
    high = confidence_bound(failed, n, 0.05, upper=True)
    assert 0 <= low <= high <= 1
    if n:
        assert low <= failed / n + 1e-6
        assert high >= failed / n - 1e-6


def test_the_confidence_sequence_holds_at_every_moment():
    missed = 0
    for seed in range(200):
        rng, failed, out = random.Random(seed), 0, False
        for n in range(1, 301):
            failed += rng.random() < 0.1
            out |= confidence_bound(failed, n, 0.05, upper=True) < 0.1
        missed += out
    assert missed <= 10


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=200))
def test_the_share_at_risk_is_a_share_or_unknown(ticks):
    window = ExposureWindow()
    for t, (new, old) in enumerate(ticks):
        window.add(float(t), new, old)
        assert window.share is None or 0 < window.share < 1
        assert (window.share is None) == (not window.new or not window.old)
