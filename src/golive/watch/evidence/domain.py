"""Which differences between two releases weigh most. Pure."""

import math


def surprise(new_hits: int, new_total: int, old_hits: int, old_total: int) -> float:
    """Return how unlikely it is that both sides share one rate: the G statistic, signed.

    Positive when the new side has more than its share, negative when it has less, 0 when a side is
    empty. Source: Sokal & Rohlf, Biometry (1981), the log-likelihood ratio test of independence.
    """
    total, hits = new_total + old_total, new_hits + old_hits
    if not new_total or not old_total or not hits:
        return 0.0
    statistic = 0.0
    for seen, size in ((new_hits, new_total), (old_hits, old_total)):
        for observed, expected in (
            (seen, hits * size / total),
            (size - seen, (total - hits) * size / total),
        ):
            if observed > 0 and expected > 0:
                statistic += 2 * observed * math.log(observed / expected)
    higher = new_hits * old_total >= old_hits * new_total
    return max(statistic, 0.0) if higher else -max(statistic, 0.0)


def added_ms(new_p95: float, old_p95: float, new_requests: int) -> float:
    """Return the weight of a slower route: milliseconds added at p95 times the root of its requests."""
    return max(new_p95 - old_p95, 0.0) * math.sqrt(new_requests)
