"""Opening incidents and moving them on; every change writes the timeline and is announced, in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from golive.kernel import audit, clock
from golive.kernel.access.roles import GOLIVE, Actor
from golive.kernel.events import announce
from golive.kernel.ids import new_id
from golive.kernel.problems import Conflict, Invalid, NotFound
from golive.respond.incidents import events
from golive.respond.incidents.domain import OPEN_STATES, Diagnosis, Severity, State
from golive.respond.incidents.models import Incident, TimelineEntry
from golive.respond.incidents.queries import IncidentView, view_of

TRIES = 20  # more than the incidents that ever open at the same moment


@dataclass(frozen=True)
class Subject:
    """What an incident is about; empty strings where it is about no release or no site."""

    service: str = ""
    environment: str = ""
    release: str = ""
    version: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def report(
    *,
    dedup_key: str,
    diagnosis: Diagnosis,
    subject: Subject,
    sentence: str,
    at: datetime | None = None,
) -> tuple[IncidentView, bool]:
    """Open an incident, or join the open one of this key; returns it and whether it is new.

    A mitigated one that is joined is TRIGGERED again: users are in trouble again. So is one that got worse: whoever has it
    took something less.
    """
    moment = at or clock.now()
    for left in reversed(range(TRIES)):
        try:
            return _report(dedup_key, diagnosis, subject, sentence, moment)
        except IntegrityError:  # another one took the number, or opened it, at this moment
            if not left:
                raise
    raise AssertionError("unreachable")


def _report(
    dedup_key: str, diagnosis: Diagnosis, subject: Subject, sentence: str, moment: datetime
) -> tuple[IncidentView, bool]:
    with transaction.atomic():
        row = _open_of(dedup_key)
        if row is not None:
            return view_of(_join(row, diagnosis, subject, sentence, moment)), False
        row = Incident.objects.create(
            id=new_id("inc"),
            number=(Incident.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
            dedup_key=dedup_key,
            severity=diagnosis.severity,
            title=diagnosis.title[:200],
            sentence=sentence,
            blames_release=diagnosis.blames,
            service=subject.service,
            environment=subject.environment,
            release=subject.release,
            version=subject.version,
            facts=dict(subject.facts),
            opened_at=moment,
        )
        _write(
            row,
            "opened",
            f"Opened as {row.severity}: {sentence or row.title}",
            at=moment,
            facts=subject.facts,
        )
        _announce(events.IncidentOpened, row, sentence, GOLIVE, moment)
    return view_of(row), True


def note(
    *,
    incident: str,
    text: str,
    by: Actor = GOLIVE,
    kind: str = "note",
    at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add a line to the timeline. Raises NotFound, Invalid (empty)."""
    if not text.strip():
        raise Invalid("A note needs words.")
    with transaction.atomic():
        _write(_locked(incident), kind, text.strip()[:4000], by=by, at=at, facts=facts)


def acknowledge(*, by: Actor, incident: str, via: str = "") -> IncidentView:
    """Take the incident: nobody is paged for it any more. Idempotent; raises NotFound, Conflict when resolved."""
    with transaction.atomic():
        row = _locked(incident)
        if row.state == State.RESOLVED:
            raise Conflict(f"Incident #{row.number} is resolved already.")
        if row.acknowledged_at is not None:
            return view_of(row)
        now = clock.now()
        row.acknowledged_at, row.acknowledged_by = now, by.name or str(by)
        if row.state == State.TRIGGERED:
            row.state = State.ACKNOWLEDGED
        row.save()
        how = f" by {via}" if via else ""
        _write(row, "acknowledged", f"Acknowledged{how}", by=by, at=now)
        audit.record(actor=str(by), action="incident.acknowledged", subject=row.pk, facts={"via": via})
        _announce(events.IncidentAcknowledged, row, f"{by.name or by} has it.", by, now)
    return view_of(row)


def mitigate(*, incident: str, sentence: str, by: Actor = GOLIVE, at: datetime | None = None) -> IncidentView:
    """Say that users are safe. Idempotent; raises NotFound, Conflict when resolved."""
    with transaction.atomic():
        row = _locked(incident)
        if row.state == State.RESOLVED:
            raise Conflict(f"Incident #{row.number} is resolved already.")
        if row.state == State.MITIGATED:
            return view_of(row)
        moment = at or clock.now()
        row.state, row.mitigated_at = State.MITIGATED, moment
        row.save()
        _write(row, "mitigated", f"Mitigated: {sentence}", by=by, at=moment)
        _record_person(by, "incident.mitigated", row)
        _announce(events.IncidentMitigated, row, sentence, by, moment)
    return view_of(row)


def resolve(*, by: Actor, incident: str, sentence: str = "") -> IncidentView:
    """Close the incident. Idempotent; raises NotFound."""
    with transaction.atomic():
        row = _locked(incident)
        if row.state == State.RESOLVED:
            return view_of(row)
        now = clock.now()
        row.state, row.resolved_at = State.RESOLVED, now
        row.mitigated_at = row.mitigated_at or now
        row.save()
        said = sentence.strip() or "It is over."
        _write(row, "resolved", f"Resolved: {said}", by=by, at=now)
        _record_person(by, "incident.resolved", row)
        _announce(events.IncidentResolved, row, said, by, now)
    return view_of(row)


def set_severity(*, by: Actor, incident: str, severity: str) -> IncidentView:
    """Change the severity by hand. Raises NotFound, Invalid."""
    if severity not in set(Severity):
        raise Invalid(f"A severity is one of {', '.join(Severity)}.")
    with transaction.atomic():
        row = _locked(incident)
        if row.severity != severity:
            before, row.severity = row.severity, severity
            row.save(update_fields=["severity"])
            _write(row, "severity", f"Severity {before} became {severity}", by=by)
            _record_person(by, "incident.severity", row)
            _announce(events.IncidentChanged, row, f"{before} became {severity}.", by, clock.now())
    return view_of(row)


def rediagnose(*, incident: str, diagnosis: Diagnosis, sentence: str, at: datetime) -> IncidentView:
    """Change what the incident is taken to be; its severity does not fall by itself."""
    with transaction.atomic():
        row = _locked(incident)
        row.title, row.blames_release, row.sentence = (
            diagnosis.title[:200],
            diagnosis.blames,
            sentence,
        )
        row.severity = min(row.severity, diagnosis.severity)
        row.save()
        _write(row, "diagnosed", sentence, at=at)
        _announce(events.IncidentChanged, row, sentence, GOLIVE, at)
    return view_of(row)


def _join(row: Incident, diagnosis: Diagnosis, subject: Subject, sentence: str, at: datetime) -> Incident:
    over = row.state == State.MITIGATED
    again = over or diagnosis.severity < row.severity
    row.occurrences += 1
    # Users are safe from what was graver: this is about what comes now.
    row.severity = diagnosis.severity if over else min(row.severity, diagnosis.severity)
    row.facts = {**row.facts, **subject.facts}
    if again:
        row.state, row.mitigated_at = State.TRIGGERED, None
        row.acknowledged_at, row.acknowledged_by = None, ""
        row.title, row.blames_release, row.sentence = (
            diagnosis.title[:200],
            diagnosis.blames,
            sentence,
        )
    row.save()
    _write(row, "again", f"Again ({row.occurrences}): {sentence}", at=at, facts=subject.facts)
    if again:
        _announce(events.IncidentRetriggered, row, sentence, GOLIVE, at)
    return row


def _open_of(dedup_key: str) -> Incident | None:
    return Incident.objects.select_for_update().filter(dedup_key=dedup_key, state__in=OPEN_STATES).first()


def _locked(incident: str) -> Incident:
    wanted = Q(pk=incident)
    if incident.isdecimal() and len(incident) < 9:
        wanted |= Q(number=int(incident))
    row = Incident.objects.select_for_update().filter(wanted).first()
    if row is None:
        raise NotFound(f"There is no incident {incident}.")
    return row


def _write(
    row: Incident,
    kind: str,
    text: str,
    *,
    by: Actor = GOLIVE,
    at: datetime | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    TimelineEntry.objects.create(
        incident=row,
        at=at or clock.now(),
        actor=by.name or str(by),
        kind=kind,
        text=text,
        facts=dict(facts or {}),
    )


def _record_person(by: Actor, action: str, row: Incident) -> None:
    if by != GOLIVE:
        audit.record(actor=str(by), action=action, subject=row.pk, facts={"severity": row.severity})


def _announce(news: type[events.IncidentNews], row: Incident, sentence: str, by: Actor, at: datetime) -> None:
    announce(
        news(
            subject=row.pk,
            number=row.number,
            severity=row.severity,
            state=row.state,
            title=row.title,
            sentence=sentence,
            service=row.service,
            environment=row.environment,
            release=row.release,
            version=row.version,
            by=by.name or str(by),
            person=by.email,
        ),
        at=at,
    )
