"""What people use instead, on the same worlds (nobody acts on them, so they see all traffic)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.judge.simulate import Outcome


def fixed_threshold(out: Outcome) -> float | None:
    """More than 1 % of new's requests of the last 60 s failed (at least 20): seconds after the first switch."""
    for minute in sorted(out.minutes):
        rows = [out.minutes.get(m, [0, 0, 0, 0]) for m in range(minute - 5, minute + 1)]
        n, e = sum(r[0] for r in rows), sum(r[1] for r in rows)
        if n >= 20 and e > 0.01 * n:
            return (minute + 1) * 10.0
    return None


def mann_whitney(out: Outcome) -> float | None:
    """As canary analysis does it: 10 s failure rates of both sides over 5 minutes, and their answers of each minute.

    Checked each minute at one-sided z > 2.33; seconds after the first switch.
    """
    last = max(out.minutes, default=0)
    for end in range(6, last + 2, 6):
        rows = [out.minutes[m] for m in range(max(0, end - 30), end) if m in out.minutes]
        new = [r[1] / r[0] for r in rows if r[0]]
        old = [r[3] / r[2] for r in rows if r[2]]
        if len(new) >= 5 and len(old) >= 5 and z_score(new, old) > 2.33:
            return end * 10.0
        slow = out.slow_minutes.get(end // 6 - 1, [[], []])
        if min(map(len, slow)) >= 20 and z_score(slow[0], slow[1]) > 2.33:
            return end * 10.0
    return None


def z_score(x: Sequence[float], y: Sequence[float]) -> float:
    """Mann-Whitney U as a z score with midranks and the correction for ties; positive when `x` is larger."""
    m, n = len(x), len(y)
    ordered = sorted([(v, 0) for v in x] + [(v, 1) for v in y])
    ranks, ties, i = 0.0, 0.0, 0
    while i < len(ordered):
        j = i
        while j < len(ordered) and ordered[j][0] == ordered[i][0]:
            j += 1
        ranks += (i + j + 1) / 2 * sum(side == 0 for _, side in ordered[i:j])
        ties += (j - i) ** 3 - (j - i)
        i = j
    total = m + n
    variance = m * n / 12 * (total + 1 - ties / (total * (total - 1)))
    u = ranks - m * (m + 1) / 2
    return (u - m * n / 2) / math.sqrt(variance) if variance > 0 else 0.0
