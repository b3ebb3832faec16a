"""What needs a person, and what happened, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from golive.kernel.events.queries import Happened
from golive.kernel.ui import words
from golive.kernel.ui.draw import State
from golive.kernel.ui.parts import Moment, Need
from golive.respond.incidents.queries import IncidentView
from golive.ship.approvals.queries import ApprovalView
from golive.ship.releases.queries import ReleaseView

STATE_OF_KIND: dict[str, State] = {
    "release.pulled": "broken",
    "release.rolled-back": "broken",
    "release.failed": "broken",
    "release.down": "broken",
    "release.back": "serving",
    "release.held": "suspicious",
    "release.asked": "suspicious",
    "release.goes-on": "serving",
    "incident.opened": "broken",
    "incident.retriggered": "broken",
    "incident.mitigated": "serving",
    "incident.resolved": "serving",
    "release.full": "serving",
    "release.settled": "serving",
}
MOST = 6


def needs(
    incidents: Sequence[IncidentView],
    approvals: Sequence[ApprovalView],
    releases: dict[str, ReleaseView],
    now: datetime,
) -> list[Need]:
    """Open incidents first, then questions, then approvals."""
    found = [_incident(one, now) for one in sorted(incidents, key=_urgency)]
    found += [_question(one) for one in releases.values() if one.needs_person and one.state != "AWAITING_APPROVAL"]
    found += [_approval(one, releases[one.subject], now) for one in approvals if one.subject in releases]
    return found


def _urgency(one: IncidentView) -> tuple[bool, str]:
    """Those whose users are in trouble still come first, the gravest of them on top."""
    return one.mitigated_at is not None, one.severity


def _incident(one: IncidentView, now: datetime) -> Need:
    since = words.ago(one.opened_at, now)
    who = f"{one.acknowledged_by} has it." if one.acknowledged_by else "Nobody has said “I have it” yet."
    detail = f"{one.severity}, opened {since}. {who} {one.sentence}".strip()
    return Need(
        one.title,
        detail,
        "Look at it now" if one.burns else "Open it",
        f"/incidents/{one.id}",
        "broken" if one.burns else "suspicious",
        main=one.burns,
    )


ASKS = {"HELD": "is held", "PULLED": "is pulled", "STEP": "is held at its share"}


def _question(one: ReleaseView) -> Need:
    typed = ", ".join(command.text for command in one.commands)
    asks = "serves, and requests fail" if one.failing else ASKS.get(one.state, "asks a person")
    detail = f"{one.sentence} {one.waits_for}".strip()
    return Need(
        f"{one.service} {one.version} {asks}",
        f"{detail} In a terminal: {typed}." if typed else detail,
        "Decide",
        f"/releases/{one.id}",
        "broken" if one.failing else "suspicious",
        main=True,
    )


def _approval(one: ApprovalView, release: ReleaseView, now: datetime) -> Need:
    given = one.needed - one.missing
    names = ", ".join(d.name or d.person for d in one.decisions if d.approved)
    detail = f"{given} of {one.needed} given{f' ({names})' if names else ''}. Expires {words.ago(one.expires_at, now)}."
    return Need(
        f"{release.service} {release.version} waits for approval",
        detail,
        "Review and approve",
        f"/releases/{release.id}?tab=changes",
        "moving",
        main=True,
    )


def moments(events: Sequence[Happened]) -> list[Moment]:
    """The newest events that have a sentence, newest first."""
    own = {_sentence(event) for event in events if event.kind.startswith("release.")}
    shown: list[Moment] = []
    for event in events:
        sentence = _sentence(event)
        # An incident repeats what its release said; the release's word has the state that it is about.
        if not sentence or (event.kind.startswith("incident.") and sentence in own):
            continue
        says, detail = map(words.begun, words.news(_says(event, sentence)))
        if any(moment.says == says for moment in shown):
            continue
        shown.append(Moment(event.at, says, detail, _state(event.kind), _path(event)))
        if len(shown) == MOST:
            break
    return shown


def _sentence(event: Happened) -> str:
    return str(event.facts.get("sentence") or "")


def _says(event: Happened, sentence: str) -> str:
    name, version = event.facts.get("service", ""), event.facts.get("version", "")
    missing = " ".join(word for word in (name, version) if word and word not in sentence)
    return f"{missing}: {sentence}" if missing else sentence


def _state(kind: str) -> State | None:
    if kind in STATE_OF_KIND:
        return STATE_OF_KIND[kind]
    return "moving" if kind.startswith("release.") else None


def _path(event: Happened) -> str:
    if event.kind.startswith("release.") and event.subject.startswith("rel_"):
        return f"/releases/{event.subject}"
    return f"/incidents/{event.subject}" if event.kind.startswith("incident.") else ""


def title(incidents: Sequence[IncidentView], releases: Sequence[ReleaseView], places: int) -> str:
    """The answer to `is anything wrong?`."""
    burning = [one for one in incidents if one.burns]
    if burning:
        first = f"{min(burning, key=lambda one: one.severity).title}."
        more = {1: "", 2: " One more incident is open."}
        return first + more.get(len(burning), f" {len(burning) - 1} more incidents are open.")
    moving = [one for one in releases if one.serving_at and one.full_at is None] or [
        one for one in releases if one.full_at is None
    ]
    if not moving:
        return "Nothing is broken. Nothing is moving." if places else "Nothing is live yet."
    return f"Nothing is broken. {'One release is' if len(moving) == 1 else f'{len(moving)} releases are'} moving."


def needs_title(count: int) -> str:
    """`Two things need a person`."""
    small = {
        0: "Nothing needs a person",
        1: "One thing needs a person",
        2: "Two things need a person",
        3: "Three things need a person",
    }
    return small.get(count, f"{count} things need a person")
