"""Releases in the shapes that a real site rarely shows: believable facts for the real presenters and templates."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from golive.kernel.ui import samples
from golive.kernel.ui.draw import Mark
from golive.kernel.ui.parts import Act
from golive.kernel.ui.sample_charts import NOW, rivers
from golive.ship.board.domain.sheet import Entered, Facts, Sheet, sheet
from golive.ship.releases.domain.advice import Command
from golive.ship.releases.domain.states import MAIN, State


@dataclass
class Release:
    state: str
    id: str = "rel_01kf3m2vq8"
    service: str = "farmersmarket"
    environment: str = "production"
    version: str = "1.5.0"
    revision: str = "8c41f2e99b1f"
    subject: str = "Pickup slots per stall"
    author: str = "Mira Okafor"
    entered_at: datetime = NOW - timedelta(seconds=138)
    sentence: str = ""
    waits_for: str = ""
    needs_person: bool = False
    commands: tuple[Command, ...] = ()
    share: float = 0.0
    steps: list[Any] = field(default_factory=lambda: [{"share": 0.1}, {"share": 0.5}])
    step: int = 0
    until: datetime | None = None
    frozen: str = ""
    sole: bool = False
    returned: bool = False
    down: str = ""
    failing: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = NOW - timedelta(minutes=38)
    serving_at: datetime | None = NOW - timedelta(minutes=20)


def explanation(state: str, *, bad_from: float | None = None, both: bool = False, seconds: int = 138) -> dict[str, Any]:
    """What the judge says after `seconds` of 10 %, and 50 % for the last third when something breaks."""
    dice = random.Random(7)
    columns: dict[str, list[Any]] = {
        k: []
        for k in (
            "t",
            "new_total",
            "new_failed",
            "new_slow",
            "old_total",
            "old_failed",
            "old_slow",
            "share",
            "evidence",
            "relative",
        )
    }
    weight, relative, pulled = 1.0, 1.0, None
    for t in range(-40, seconds):
        share = 0.0 if t < 0 else 0.1
        if bad_from is not None and t >= seconds - 60:
            share = 0.5
        if pulled is not None:
            share = 0.0
        total = 36 + dice.randrange(6)
        new = round(total * share + dice.random() * 0.6) if share else 0
        bad = bad_from is not None and t >= bad_from
        new_failed = sum(dice.random() < (0.18 if bad else 0.002) for _ in range(new))
        old_failed = sum(dice.random() < (0.16 if bad and both else 0.0015) for _ in range(total - new))
        if t >= 0 and (share or pulled is not None):
            drift = 1.0 + (dice.random() - 0.52) * 0.16
            weight *= (1.34 if bad and not both else drift) if pulled is None else 1.08 if not both else 1.0
            relative = weight**0.8 if weight > 1 else weight**1.2
            weight = max(0.3, min(weight, 180))
        columns["t"].append(t)
        for key, value in (
            ("new_total", new),
            ("new_failed", new_failed),
            ("new_slow", new // 9),
            ("old_total", total - new),
            ("old_failed", old_failed),
            ("old_slow", (total - new) // 11),
            ("share", share),
            ("evidence", round(weight, 3)),
            ("relative", round(relative, 3)),
        ):
            columns[key].append(value)
        if weight >= 20 and pulled is None:
            pulled = float(t)
    questions = {
        "unit": ("Does the new release fail more requests?", weight * 0.9),
        "client": ("Do more visitors see a failure on the new release?", weight * 0.5),
        "absolute": (
            "Does the new release fail more than this service usually does?",
            weight * 0.3,
        ),
        "p90": ("Is the new release slower in general?", 1.4),
        "mix": (
            "Does the new release answer with other status codes (redirects, 401, 404, other 4xx)?",
            0.44,
        ),
        "routes": ("Does one route fail more on the new release?", weight * 1.1),
    }
    return {
        "state": state,
        "reason": "",
        "sentence": "Requests fail more often on the new release on POST /checkout." if bad_from else "No difference.",
        "t": float(seconds - 1),
        "share": columns["share"][-1],
        "evidence": weight,
        "thresholds": {"pull": 20.0, "blame": 100.0, "relative": 3.0},
        "blind": False,
        "streams": [
            {"name": k, "question": q, "evidence": e, "new_total": 531, "new_bad": 14, "old_total": 4760, "old_bad": 6}
            for k, (q, e) in questions.items()
        ],
        "routes": [],
        "case": {"pulled_at": pulled, "routes": ["POST /checkout"]} if pulled is not None else None,
        "series": columns,
    }


def _entered(*, until: State, extra: tuple[tuple[State, float], ...] = ()) -> list[Entered]:
    way = MAIN[: MAIN.index(until) + 1]
    begun = NOW - timedelta(minutes=38)
    entered = [
        Entered(s, begun + timedelta(minutes=3 * i, seconds=11 * i), 0.1 if s == State.STEP else 0.0)
        for i, s in enumerate(way)
    ]
    return entered + [Entered(s, NOW - timedelta(seconds=back), share_of(s)) for s, back in extra]


def share_of(state: State) -> float:
    return 0.5 if state == State.STEP else 0.0


HOLD, PROMOTE, ROLLBACK = (act for act in samples.ACTS if act.key in ("hold", "promote", "rollback"))
PULL = Act("pull", "Pull 1.5.0", "/ui", danger=True, question="Pull 1.5.0?")
APPROVE = Act(
    "approve",
    "Approve",
    "/ui",
    main=True,
    question="Let 1.5.0 go to production?",
    says="You bind your name to this digest and its proofs.",
    keep="Not yet",
)
RESUME = Act("resume", "Resume 1.5.0", "/ui", question="Give 1.5.0 traffic again?", keep="Not yet")
STOP = Act("cancel", "Stop 1.5.0", "/ui", question="Stop 1.5.0 before anyone sees it?", keep="Let it go on")
REJECT = Act("reject", "Reject", "/ui", question="Reject 1.5.0?", keep="Not yet")


def facts(kind: str, tab: str = "new") -> Facts:
    until = NOW + timedelta(seconds=42)
    common = {"old": "1.4.2", "now": NOW, "tab": tab}
    marks = [Mark(NOW.timestamp() - 16 * 86400)]
    counts = {
        "gates": "5 passed",
        "changes": "9 commits",
        "approvals": "2 of 2",
        "record": "41 entries",
    }
    common |= {"marks": marks, "counts": counts}
    shapes: dict[str, Facts] = {
        "waiting": Facts(
            Release(
                "AWAITING_APPROVAL",
                sentence="It waits for people to approve it. Nothing is blocked meanwhile.",
                waits_for="1 of 2 approved: Jonas Weber, 14:09.",
                until=NOW + timedelta(hours=3, minutes=37),
            ),
            entered=_entered(until=State.AWAITING_APPROVAL),
            acts=[REJECT, APPROVE],
            rivers=rivers(0),
            **common,
        ),
        "canary": Facts(
            Release(
                "STEP",
                sentence="If it fails, golive pulls it in under a second and 1.4.2 takes all traffic again.",
                share=0.1,
                until=until,
            ),
            entered=_entered(until=State.STEP),
            acts=[HOLD, PULL, PROMOTE, ROLLBACK],
            explanation=explanation("WATCH"),
            rivers=rivers(),
            explore="/ui",
            **common,
        ),
        "confirming": Facts(
            Release(
                "CONFIRMING",
                sentence="Users are back on the old release: requests fail more often on the new release on POST /checkout. Nobody is blamed yet.",
                facts={"failed_requests": 17, "failed_units": 14, "seconds_to_pull": 12.0},
            ),
            entered=_entered(until=State.STEP, extra=((State.STEP, 60), (State.PULLED, 22), (State.CONFIRMING, 21))),
            acts=[ROLLBACK],
            explanation=explanation("CONFIRMING", bad_from=104),
            rivers=rivers(broken=True),
            **common,
        ),
        "rolled-back": Facts(
            Release(
                "ROLLED_BACK",
                sentence="One checkout in six failed once 1.5.0 had half of the traffic. golive pulled it 12 s after the first failure, proved it was to blame, and rolled it back by itself.",
                facts={"failed_requests": 17, "failed_units": 14, "seconds_to_pull": 12.0, "seconds_to_verdict": 34.0},
            ),
            entered=_entered(
                until=State.STEP,
                extra=((State.STEP, 60), (State.PULLED, 22), (State.CONFIRMING, 21), (State.ROLLED_BACK, 3)),
            ),
            explanation=explanation("ROLLED_BACK", bad_from=104),
            rivers=rivers(broken=True),
            incident="/sample/incident",
            **common,
        ),
        "held": Facts(
            Release(
                "HELD",
                sentence="The visitors who were on 1.5.0 fail on 1.4.2 as well. It waits for 30 s of calm, then goes on.",
                waits_for="30 s of calm on 1.4.2",
            ),
            entered=_entered(until=State.STEP, extra=((State.PULLED, 40), (State.CONFIRMING, 39), (State.HELD, 20))),
            acts=[ROLLBACK],
            explanation=explanation("HELD", bad_from=104, both=True),
            rivers=rivers(),
            **common,
        ),
        "failed-gate": Facts(
            Release(
                "FAILED_BEFORE_TRAFFIC",
                sentence="The gate “unit” failed: 2 of 1,284 tests. 1.4.2 serves on.",
                serving_at=None,
            ),
            entered=_entered(until=State.BUILT, extra=((State.FAILED_BEFORE_TRAFFIC, 60),)),
            rivers=rivers(0),
            **common,
        ),
        "serving": Facts(
            Release(
                "WATCH_1H",
                sentence="All users are on it; the first hour is watched and the old release stays warm.",
                share=0.97,
                until=NOW + timedelta(minutes=41),
            ),
            serves=True,
            entered=_entered(until=State.WATCH_1H),
            acts=[ROLLBACK],
            explanation=explanation("WATCH", seconds=200),
            rivers=rivers(0.5),
            **common,
        ),
        "asked": Facts(
            Release(
                "ASKED",
                sentence="Both releases fail, and 1.4.2 has failed for 5 minutes: golive cannot tell which one is to blame.",
                waits_for="Decide: give 1.5.0 traffic again, or roll it back.",
                needs_person=True,
            ),
            entered=_entered(
                until=State.STEP,
                extra=((State.PULLED, 340), (State.CONFIRMING, 339), (State.HELD, 320), (State.ASKED, 20)),
            ),
            acts=[RESUME, ROLLBACK],
            explanation=explanation("HELD", bad_from=104, both=True),
            rivers=rivers(broken=True),
            **common,
        ),
        "settled": Facts(
            Release(
                "SETTLED",
                sentence="It served everyone for a day and nothing was found.",
                share=1.0,
                facts={"lead_time_s": 4210.0},
            ),
            serves=True,
            entered=_entered(until=State.SETTLED),
            rivers=rivers(0),
            **common,
        ),
        "building": Facts(
            Release("QUEUED", sentence="3 of 5 gates have passed; unit and types run still."),
            entered=_entered(until=State.QUEUED),
            acts=[STOP],
            rivers=rivers(0),
            **common,
        ),
        "first": Facts(
            Release("BUILT", sentence="The artifact is built; the gates run on it now.", sole=True),
            entered=_entered(until=State.BUILT),
            **(common | {"old": ""}),
        ),
    }
    return shapes[kind]


def sample(kind: str, tab: str = "new") -> Sheet:
    return sheet(facts(kind, tab))
