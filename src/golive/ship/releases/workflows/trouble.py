"""A release that serves in trouble, with nowhere to go back to by itself: people are told once, until it is over.

mission: SHIP-5, RESPOND-1
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from golive.ship.judge.operations import Session
from golive.ship.releases.domain.states import RETURNABLE
from golive.ship.releases.domain.trouble import TROUBLE, TROUBLED, Serving, advice, grade, sentence
from golive.ship.releases.events import ReleaseAsked, ReleaseBack
from golive.ship.releases.models import Release
from golive.ship.releases.operations import arrows
from golive.ship.releases.workflows import memory
from golive.ship.releases.workflows.turn import Turn


def serves_on(turn: Turn, session: Session, kind: str, faults: Sequence[str]) -> None:
    """Say that the judge has found `kind` and users stay in it; `faults` are the hard ones that hold now."""
    release = turn.release
    newer = Release.objects.filter(pk=release.facts.get("because_of", "")).first() if release.returned else None
    to = _another(release)
    asked, failed = session.lately.requests
    came = newer.version if newer else ""
    words = sentence(Serving(release.version, kind, came, release.sole, to, asked, failed))
    _tell(turn, "in_trouble", words, kind, to, faults)


def stays(turn: Turn, reason: str, words: str, kind: str, *, but: str = "") -> None:
    """Say in `words` why users cannot be brought back from it; `but` is the release that cannot serve."""
    to = _another(turn.release, but=but)
    _tell(turn, reason, f"{words} {advice(to, grade(kind))}", kind, to)


def look_for_its_end(turn: Turn, session: Session) -> Session:
    """End the trouble when requests succeed again. What comes after that is judged afresh, in the session returned."""
    release = turn.release
    if TROUBLE not in release.facts or not session.lately.well(session.seconds(), turn.policy.slo_error):
        return session
    place = turn.place()
    if place.maintenance:
        return session
    fresh = memory.begin(turn, place.old if place.new == release.pk else "")
    with turn.job.transaction():
        over(release, by=release, at=turn.now)
        turn.job.save(memory.checkpoint(fresh, turn.job))
    return fresh


def over(release: Release, *, by: Release, at: datetime) -> None:
    """Tell, in the caller's transaction, that users are out of the trouble of `release`, as `by` serves them well."""
    known = release.facts.get(TROUBLE)
    if not known:
        return
    seconds = round((at - datetime.fromisoformat(known["since"])).total_seconds())
    now = f"{by.version} serves everyone" if by.pk != release.pk else f"{release.version} answers as it should again"
    said = f"{now}, after {seconds} s of trouble."
    release.facts = {name: fact for name, fact in release.facts.items() if name != TROUBLE}
    release.sentence = said
    release.save(update_fields=["facts", "sentence"])
    facts = {"since": known["since"], "seconds": seconds, "by": by.pk}
    arrows.tell(release, ReleaseBack, at=at, reason="back", sentence=said, facts=facts)


def _tell(turn: Turn, reason: str, words: str, kind: str, to: str, faults: Sequence[str] = ()) -> None:
    """Ask people, once for as long as it gets no worse."""
    release, grave = turn.release, grade(kind, faults)
    known: dict[str, Any] = release.facts.get(TROUBLE, {})
    if known and kind and grave <= known["grade"]:
        turn.note("trouble", reason=reason, sentence=words)
        return
    facts = {
        "question": "serving",
        "answers": ["rollback"] if to else [],
        "serving": True,
        "failing": grave > 0,
        "faults": list(faults),
    }
    with turn.job.transaction():
        turn.tell(ReleaseAsked, reason, words, facts)
        if grave:
            begun = {"since": known.get("since") or turn.now.isoformat(), "grade": grave, "to": to}
            times = release.facts.get(TROUBLED, 0) + (not known)
            turn.set(facts=release.facts | {TROUBLE: begun, TROUBLED: times})
        turn.end_wish()


def _another(release: Release, but: str = "") -> str:
    """Return the version of the release that a person may go back to, "" for none: the one before it, or an older one."""
    if release.sole:
        return ""
    rows = Release.objects.filter(
        service=release.service, environment=release.environment, state__in=RETURNABLE, full_at__isnull=False
    ).exclude(pk__in=[release.pk, but])
    before = rows.filter(pk=release.replaced).first() or rows.order_by("-full_at").first()
    return before.version if before else ""
