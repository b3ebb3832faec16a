"""Sending, escalating, and looking for pages that were forgotten."""

import json
from datetime import datetime, timedelta
from typing import Any

from golive.kernel import clock
from golive.kernel.config import settings
from golive.kernel.durable import Done, Job, Outcome, Wait, every, handler
from golive.kernel.durable import queries as jobs
from golive.kernel.files import replace_file
from golive.kernel.log import get_logger
from golive.respond.channels import queries as channels
from golive.respond.channels.operations import hand_over
from golive.respond.channels.ports import Message
from golive.respond.incidents import queries as incidents
from golive.respond.incidents.domain import State
from golive.respond.incidents.queries import IncidentView
from golive.respond.oncall import queries as oncall
from golive.respond.paging import domain, operations, queries
from golive.respond.paging.models import Attempt, AttemptState
from golive.respond.paging.operations import ATTEMPT, ESCALATION
from golive.respond.paging.queries import AttemptView

logger = get_logger(__name__)
LATE = timedelta(seconds=60)


@handler(ATTEMPT, lease=timedelta(seconds=6), max_attempts=0, urgent=True)
def send(job: Job) -> Outcome:
    """Send one message: under the lease, with its idempotency key, then mark it. A killed sender's message goes again."""
    view = queries.attempt(job.key)
    if view is None or view.state != AttemptState.QUEUED:
        return Done()
    incident = incidents.get(view.incident)
    if view.act == "trigger" and incident.state in {State.ACKNOWLEDGED, State.RESOLVED}:
        operations.cancel(view.id)
        return Done()
    return hand_over(
        job,
        channel=view.channel,
        message=compose(view, incident),
        patience=domain.PATIENCE,
        taken=lambda receipt, at: operations.record_accepted(view.id, receipt, at=at),
        refused=lambda why, final, at: operations.record_failed(view.id, why, final=final, at=at),
    )


@handler(ESCALATION, lease=timedelta(seconds=15), max_attempts=0, urgent=True)
def escalate(job: Job) -> Outcome:
    """Ask both levels, again and again, until somebody has the incident, users are safe, or it is called minor."""
    incident = incidents.get(job.key)
    if incident.state != State.TRIGGERED or incident.severity not in domain.PAGED:
        return Done()
    now_on_call = oncall.current()
    due = _due(incident.id, now_on_call)
    if due is not None and job.now() < due:
        return Wait(due)
    with job.transaction():
        operations.ask(incident.id, incident.severity, (*now_on_call.level1, *now_on_call.level2), job.now())
    due = _due(incident.id, now_on_call)
    return Wait(due if due and due > job.now() else job.now() + now_on_call.resend_after)


def _due(incident: str, now_on_call: oncall.OnCall) -> datetime | None:
    """Return when both levels are asked next, from what was asked; None when nobody was yet."""
    asked = queries.last_asked(incident)
    if asked is None:
        return None
    at, rounds = asked
    pause = domain.ask_again_after(rounds, now_on_call.resend_after) if rounds else now_on_call.escalate_after
    return at + pause


@every("respond.paging.audit", timedelta(seconds=30))
def audit() -> None:
    """Hold the invariant: an unacknowledged incident has an escalation ahead, a queued message has a job."""
    for incident in incidents.open_incidents():
        waiting = incident.state == State.TRIGGERED and incident.severity in domain.PAGED
        if waiting and not _is_open(jobs.latest(ESCALATION, key=incident.id)):
            logger.error("paging_had_stopped", incident=incident.id)
            operations.repair(incident)
    stale = Attempt.objects.filter(state=AttemptState.QUEUED, created_at__lt=clock.now() - LATE)
    for attempt_id in stale.values_list("pk", flat=True)[:500]:
        if not _is_open(jobs.latest(ATTEMPT, key=attempt_id)):
            logger.error("message_had_no_job", attempt=attempt_id)
            operations.requeue(attempt_id)


@every("respond.paging.break-glass", timedelta(seconds=30))
def refresh_break_glass() -> None:
    """Write whom the watchdog tells when golive itself is dead, and by what means (0600: it holds secrets)."""
    now_on_call = oncall.current()
    content = {
        "refreshed_at": clock.now().isoformat(),
        "home": str(settings().home),
        "url": settings().url,
        "contacts": [contact for person in (*now_on_call.level1, *now_on_call.level2) for contact in _means(person)],
        "open_incidents": [incident.summary for incident in incidents.open_incidents()],
    }
    replace_file(settings().home / "break-glass.json", json.dumps(content, indent=1), durable=True)


def compose(view: AttemptView, incident: IncidentView) -> Message:
    """Return what a message says."""
    url = settings().url
    sentence = view.sentence or incident.sentence or incident.title
    lines = [sentence]
    if view.act == "trigger":
        if incident.state == State.MITIGATED:
            lines.append("Users are safe already; look at it when you can.")
        if incident.evidence:
            lines.append(f"Evidence: {url}{incident.evidence}")
        if view.round:
            lines.append(f"Nobody has acknowledged yet; this is request {view.round + 1}.")
    prefix = {"acknowledge": "Acknowledged: ", "resolve": "Resolved: ", "notice": "Update: "}.get(view.act, "")
    return Message(
        key=view.id,
        act=view.act,  # type: ignore[arg-type]  # written by this package only
        dedup_key=incident.id,
        subject=f"{prefix}{incident.summary}",
        text="\n".join(lines),
        severity=domain.SEVERITY_WORDS[incident.severity],
        link=f"{url}/incidents/{incident.id}",
        ack_link=operations.ack_link(view.id, at=clock.now()) if view.act == "trigger" else "",
        to=view.address,
        facts={
            "site": incident.site,
            "release": incident.release,
            "version": incident.version,
            "state": incident.state,
        },
    )


def _means(person: oncall.ResponderView) -> list[dict[str, Any]]:
    found = []
    for contact in person.contacts:
        if not contact.usable:
            continue
        try:
            known = channels.settings_of(contact.channel)
        except channels.SecretsUnreadable:
            continue
        found.append(
            {
                "kind": contact.kind,
                "person": person.name,
                "to": contact.address,
                "settings": known,
                "allow_private": settings().allow_private_webhooks,
            }
        )
    return found


def _is_open(job: jobs.JobView | None) -> bool:
    return job is not None and job.state not in {"DONE", "DEAD"}
