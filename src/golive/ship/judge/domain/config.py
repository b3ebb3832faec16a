"""What an owner may set, and the constants of the method with their reasons."""

from __future__ import annotations

from dataclasses import dataclass

from golive.ship.judge.domain.checkpoint import checkpointed


@checkpointed
@dataclass(frozen=True, slots=True)
class Config:
    """Seconds, milliseconds and shares (0..1); the first block is the owner's, the rest belongs to the method."""

    slo_error: float = 0.01  # failure share users accept; never judged below 1 %
    slo_ms: float = 500.0
    probes: tuple[str, ...] = ()  # "GET /path" or "/path", listed by the owner; users' URLs are never replayed
    margin: float = 0.03  # a step moves on when new is surely less than this worse than old
    at_least: float = 120.0  # of a step, when `switch` does not say
    at_most: float = 600.0

    pull_at: float = 20.0
    patience: int = 4  # failed units after which a pull no longer waits for the comparison ...
    patience_again: int = 12  # ... and after a RESUME, at a small share
    blame_at: float = 100.0
    relative_at: float = 3.0  # every blame needs this much from comparing the same moment
    r0_error: float = 1.5  # tolerated ratios new / old
    r0_slow: float = 1.4
    r0_mix: float = 2.0
    grace: float = 20.0  # after a switch latency is not judged, on either side
    cold: float = 60.0  # no blame for slowness so soon after a switch; the grace after a cold start
    confirm: float = 240.0  # longest stay in CONFIRMING
    lasted: float = 20.0  # a suspicion this old is no hiccup ...
    blip: float = 8.0  # ... when its failures do not fit into two intervals of this length
    unit_cap: int = 2  # failed units of a client in its 10 min; 1 in the client process
    slow_cap: int = 4  # slow answers of a client in its 10 min; in the baseline ten times as many answers
    mix_cap: int = 2  # units of a client in the status mix in its 10 min
    prefix_cap: int = 6  # failed units of an address prefix that was not a crowd in the baseline
    probes_per_tick: int = 5
    probe_at: float = 5.0  # in each of two looks
    tries: int = 2  # RESUMEs after the same trouble; all of them are one trial of bug against hiccups
    again_at: float = 3.0  # back after RESUME: there from the first second?
    well_at: float = 10.0  # evidence that it was not there before the first episode
    settle: float = 10.0  # silence after the pull before probes; what ends by then was a hiccup
    shared_error: float = 0.03  # old itself is "bad" above max(this, 3 x its own frozen bar)
    shared_at: float = 4.6  # log LR at which the cohort goes on failing on old
    calm: float = 30.0  # s of calm that end a HELD
    holds: int = 3  # HELD may end by itself this often
    began_with: float = 120.0  # both bad this soon after a migration or step of the release
    late: float = 10.0  # a log line may be this late
