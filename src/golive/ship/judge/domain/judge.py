"""The release judge: decides from a release's own traffic whether it is worse than the release it replaces.

Feed it every attempt of the edge's log from the moment the release is queued (old's traffic before the first switch is
the baseline), tell it of every change of weights, and call `tick` about once a second.  Times are seconds of the
caller's monotonic clock.

    BASELINE -> WATCH -> (PULL) CONFIRMING -> ROLLED_BACK | ASKED | HELD -> WATCH | (RESUME) WATCH
"""

from __future__ import annotations

from typing import Any, Final

from golive.ship.judge.domain import intake
from golive.ship.judge.domain.baseline import Baseline
from golive.ship.judge.domain.checkpoint import CheckpointError, decode, encode
from golive.ship.judge.domain.config import Config
from golive.ship.judge.domain.confirming import confirm
from golive.ship.judge.domain.explain import explanation
from golive.ship.judge.domain.facts import NEW, Action, Attempt, Fault, Probe, Verdict
from golive.ship.judge.domain.holding import hold
from golive.ship.judge.domain.ledger import Ledger
from golive.ship.judge.domain.standing import FAR_PAST, Standing
from golive.ship.judge.domain.steps import Step
from golive.ship.judge.domain.watching import blindness, watch

VERSION: Final = 6


class Judge:
    """One release `new` against `old`, by release id; `old` is None for a first deployment (absolute streams only)."""

    __slots__ = ("standing",)

    def __init__(self, config: Config, new: str, old: str | None) -> None:
        books = Ledger.start(config, Baseline(config.slo_ms), FAR_PAST, {})
        self.standing = Standing(config, new, old, books, grace=config.grace)

    def switch(
        self,
        t: float,
        share: float,
        reason: str,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """The edge now gives `share` (0..1) of the traffic to new; call it when the edge has confirmed.

        reason: step | full | pull | resume | rollback | manual | migration.  A migration is only a mark in time, the
        weights are as before.  `at_least` and `at_most` (s) are the step's own times.
        """
        s = self.standing
        if s.state == "BASELINE":
            s.books.base.freeze()
            s.restart(t)
            s.say("watching", "The new release is being compared with the old one.")
        elif s.state == "WATCH":
            s.weigh(t)  # what was counted belongs to the weights until now
        elif share > 0 and s.state in ("HELD", "ASKED", "ROLLED_BACK") and reason != "rollback":
            s.restart(t)
            s.say("resumed_by_hand", "A person gave the release traffic again.")
        if reason == "migration":
            s.marked, s.mark_window = t, s.config.began_with
            return
        least = s.config.at_least if at_least is None else at_least
        if share > s.share:
            s.stepped = s.marked = t
            s.mark_window = min(s.config.began_with, least)
        s.units.restart(t)
        s.books.switched()
        s.share, s.switched = share, t
        s.step = Step(t, share, least, s.config.at_most if at_most is None else at_most)
        if s.case is not None and share == 0 and s.state == "CONFIRMING":
            s.case.t = t

    def observe(self, event: Attempt | Probe | Fault) -> None:
        """Take in one event; late and out-of-order attempts are fine, those of other releases are ignored."""
        s = self.standing
        side = s.side(event.release)
        if side is None:
            return
        if isinstance(event, Attempt):
            intake.attempt(s, event, side)
        elif isinstance(event, Probe):
            intake.probe_answer(s, event, side)
        else:
            s.faults[f"{side} {event.kind}"] = event.t
            if s.case is not None and side == NEW and event.kind == s.case.reason:
                s.case.fault = event.t

    def counters(self, t: float, totals: dict[str, float]) -> None:
        """The edge's own counts of requests per release id, about once a second: they show a silent log."""
        s = self.standing
        for release, total in totals.items():
            if s.side(release) is not None:
                s.sight.counters(t, release, total)

    def tick(self, t: float) -> list[Action]:
        """Close the running second and decide.  Call it about once a second, also when nothing came in."""
        s = self.standing
        s.now = t = max(s.now, t)
        actions = blindness(s, t)
        if s.state == "WATCH":
            s.weigh(t)
        elif s.state != "BASELINE":
            s.books.drop(t)
        s.lately.add(t, (s.raw[0], s.raw[1]))
        s.raw = [0, 0]
        total = s.books.sum
        s.series.tick(t, s.share, total.all, s.books.relative(total.family))
        if s.state == "WATCH":
            return actions + watch(s, t)
        if s.state == "CONFIRMING":
            return actions + confirm(s, t)
        return actions + hold(s, t) if s.state == "HELD" else actions

    @property
    def state(self) -> str:
        """BASELINE, WATCH, CONFIRMING, HELD, ROLLED_BACK or ASKED."""
        return self.standing.state

    @property
    def blind(self) -> bool:
        """The log is silent while the edge's counters move."""
        return self.standing.blind

    def verdict(self) -> Verdict:
        """Where the judge stands."""
        s = self.standing
        return Verdict(s.state, s.reason, s.sentence, dict(s.numbers), s.began)

    def explain(self) -> dict[str, Any]:
        """Everything the release page shows; JSON-able and bounded."""
        return explanation(self.standing)

    def dump(self) -> dict[str, Any]:
        """A JSON-able checkpoint, exact to the bit."""
        return {"version": VERSION, "standing": encode(self.standing)}

    @classmethod
    def load(cls, image: dict[str, Any]) -> Judge:
        """The judge whose checkpoint this is.  Raises CheckpointError."""
        if not isinstance(image, dict) or image.get("version") != VERSION:
            raise CheckpointError("written by another version of the judge")
        standing = decode(image.get("standing"))
        if not isinstance(standing, Standing):
            raise CheckpointError("not a judge")
        judge = cls.__new__(cls)
        judge.standing = standing
        return judge
