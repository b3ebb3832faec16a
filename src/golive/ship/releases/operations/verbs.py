"""What people ask of releases: a wish on the row and a nudge; the engine carries it out.  mission: SHIP-3, SHIP-6."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from golive.kernel import audit, clock
from golive.kernel.access.roles import Actor, Role, require
from golive.kernel.durable import queries as work
from golive.kernel.durable import settle_step
from golive.kernel.events import announce
from golive.kernel.ports import the
from golive.kernel.problems import Conflict, Invalid, NotFound
from golive.ship.approvals import operations as approvals
from golive.ship.approvals.queries import ApprovalView
from golive.ship.releases.domain.advice import gives_way
from golive.ship.releases.domain.plan import percent
from golive.ship.releases.domain.states import RETURNABLE, WATCHES, State
from golive.ship.releases.domain.verbs import ALREADY, ANSWERS, TO_SAFETY, Verb, allowed
from golive.ship.releases.events import MaintenanceChanged
from golive.ship.releases.models import Release
from golive.ship.releases.operations import jobs
from golive.ship.releases.operations.arrows import append
from golive.ship.releases.ports import StandIn, Target
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Maintenance


class NotNow(Conflict):
    """The state of the release does not allow the verb."""

    slug = "not-now"
    title = "Not in this state"


class NoTarget(Conflict):
    """There is no release to go back to."""

    slug = "no-rollback-target"
    title = "There is nothing to go back to"


@dataclass(frozen=True)
class RollbackPlan:
    """What a rollback does: who serves then, whether it is warm, and what happens to the data."""

    sentence: str
    present: str
    target: str
    target_version: str
    warm: bool
    database: str


def approve(*, by: Actor, release: str, digest: str = "", comment: str = "") -> None:
    """Approve a release for production. Raises what `approvals.operations.decide` raises."""
    _decide(by, release, approve=True, digest=digest, comment=comment)


def reject(*, by: Actor, release: str, digest: str = "", comment: str = "") -> None:
    """Say no to a release."""
    _decide(by, release, approve=False, digest=digest, comment=comment)


def pull(*, by: Actor, release: str, comment: str = "") -> None:
    """Take it out of traffic now; reversible, nobody is blamed. Needs no engine that lives.

    Returns when it is done or somebody who lives holds the release; raises what `StandIn.pull` raises, too.
    """
    _wish(by, release, Verb.PULL, comment=comment)
    the(StandIn).pull(release)


def hold(*, by: Actor, release: str, comment: str = "") -> None:
    """Keep the present share until somebody resumes or promotes."""
    _wish(by, release, Verb.HOLD, comment=comment)


def promote(*, by: Actor, release: str, comment: str = "", step: int | None = None) -> None:
    """Leave the step now, whatever the judge knows; `step` (from 0) is the one that was looked at.

    When that one was just left, by whomever, nothing more happens. Raises NotNow when it is at another by now.
    """
    row, following = _get(release), -1 if step is None else step + 1
    state = State(row.state)
    if state in {State.FULL, *WATCHES} and following == len(row.steps) > 0:
        return
    if state == State.STEP and step is not None and step != row.step:
        if row.step == following:
            return
        raise NotNow(f"{row.version} is at {percent(row.share)} by now.", hint="Look at it again.")
    _wish(by, release, Verb.PROMOTE, comment=comment, step=row.step)


def resume(*, by: Actor, release: str, comment: str = "") -> None:
    """Let it go on: from a hold, or back into traffic at a small share."""
    _wish(by, release, Verb.RESUME, comment=comment)


def cancel(*, by: Actor, release: str, comment: str = "") -> None:
    """Stop it before any user sees it."""
    _wish(by, release, Verb.CANCEL, comment=comment)


def plan_rollback(*, service: str, to: str = "", environment: str = "production") -> RollbackPlan:
    """Say what a rollback would do now. Raises NotFound, NoTarget, NotNow."""
    site = sites.site(f"{service}/{environment}")
    if site is None or not (site.new or site.old):
        raise NotFound(f"Nothing of {service} serves in {environment}.")
    present = Release.objects.get(pk=site.new or site.old)
    if present.returned and to in ("", present.pk):
        return RollbackPlan(
            f"{present.version} serves again already: the last rollback is done.",
            present.pk,
            present.pk,
            present.version,
            True,
            "The database stays as it is.",
        )
    if to == present.pk:
        raise NotNow(f"{present.version} serves already.")
    target = check_target(present, to or present.replaced)
    means = the(Target).rollback_means(service, environment, present.pk, target.pk)
    warm = target.pk in site.backends
    took = target.facts.get("boot_seconds")
    speed = "at once" if warm else f"after it has started ({took} s last time)" if took else "after it has started"
    return RollbackPlan(
        f"{target.version} takes over from {present.version} {speed}. {means}",
        present.pk,
        target.pk,
        target.version,
        warm,
        means,
    )


def rollback(*, by: Actor, service: str, to: str = "", environment: str = "production") -> RollbackPlan:
    """Go back to the release that was replaced, or to the kept release `to` (id), and say what that means.

    Needs no other argument and skips analysis. Again while it runs, or when it is done, changes nothing. Raises
    Forbidden, NotFound, NoTarget, NotNow.
    """
    require(by, Role.OPERATOR)
    plan = plan_rollback(service=service, to=to, environment=environment)
    if plan.target != plan.present:
        _wish(by, plan.present, Verb.ROLLBACK, to=plan.target)
    return plan


def check_target(present: Release, target: str) -> Release:
    """Return the release to go back to. Raises NoTarget when there is none or a verdict stands against it."""
    row = Release.objects.filter(pk=target, service=present.service).first() if target else None
    if row is None:
        raise NoTarget(
            f"{present.version} replaced nothing that could serve again.",
            hint="Deploy an older revision: `golive deploy <revision>`.",
        )
    if row.state == State.ROLLED_BACK:
        raise NoTarget(
            f"{row.version} was rolled back itself: a verdict stands against it.",
            hint="Deploy it again to have it judged anew.",
        )
    if row.state not in RETURNABLE or row.serving_at is None:
        raise NoTarget(f"{row.version} never served all users ({row.state}).")
    return row


def give_way(*, release: str, newer: Release, to: str) -> bool:
    """Have a release that waits for a person rolled back to `to`, because a newer one's turn has come.

    It is the wish of whoever asked for the newer one. False when it moved on meanwhile, or a person has decided.
    """
    row = Release.objects.get(pk=release)
    with transaction.atomic():
        if _may_give_way(row):
            jobs.nudge(release)
            row = Release.objects.select_for_update().get(pk=release)
        if not _may_give_way(row):
            return (row.wish or {}).get("newer") == newer.pk
        _write_wish(row, newer.requested_by, Verb.ROLLBACK, to=to, newer=newer.pk, newer_version=newer.version)
    return True


def _may_give_way(row: Release) -> bool:
    waits = gives_way(State(row.state), reason=row.reason, question=row.question)
    return waits and not row.wish and Verb.ROLLBACK in _allowed(row)


def settle(*, by: Actor, release: str, happened: bool) -> None:
    """Answer what became of a step that was cut off midway: it happened, or it is to run again. The first answer counts."""
    require(by, Role.OPERATOR)
    verb = Verb.HAPPENED if happened else Verb.AGAIN
    with transaction.atomic():
        jobs.nudge(release)
        row = _locked(release)
        if verb not in _allowed(row):
            raise NotNow(f"{row.version} is {row.state}; no step of it is unknown.")
        _check_pending(row, verb)
        answer = row.wish or {}
        if answer.get("verb") == verb:
            return
        if answer.get("verb") in ANSWERS:
            raise NotNow(f"{answer['by']} has said {answer['verb']!r}, which is being done.")
        name = row.question.removeprefix("step ")
        kind = jobs.PREPARE if row.asked_in in jobs.PREPARED else jobs.RELEASE
        job = work.latest(kind, key=release)
        if job is not None:
            settle_step(job.id, name, happened=happened, result={"by": str(by)})
        _write_wish(row, by, verb)


def maintenance(
    *,
    by: Actor,
    service: str,
    on: bool,
    environment: str = "production",
    message: str = "",
    allow: tuple[str, ...] = (),
    retry_after_s: int = 300,
) -> None:
    """Switch maintenance mode: 503 with Retry-After and a page to all but `allow` (mission: SHIP-14).

    Raises Forbidden, NotFound, Invalid.
    """
    require(by, Role.OPERATOR)
    site, now = f"{service}/{environment}", clock.now()
    wanted = _page(message, retry_after_s, allow) if on else None
    with transaction.atomic():
        changed = traffic.set_maintenance(site=site, maintenance=wanted, at=now)
        if changed:
            audit.record(
                actor=str(by),
                action=f"site.maintenance-{'on' if on else 'off'}",
                subject=site,
                facts={"message": message[:500], "allow": list(allow)},
            )
            _maintenance_news(by, service, environment, site, on=on)
    traffic.apply()


def _page(message: str, retry_after_s: int, allow: tuple[str, ...]) -> Maintenance:
    try:
        return Maintenance(message or Maintenance().message, retry_after_s, allow)
    except ValueError as error:
        raise Invalid(
            f"allow: {error}", hint="Give addresses like 203.0.113.7, or IPv4 networks like 203.0.113.0/24."
        ) from error


def _maintenance_news(by: Actor, service: str, environment: str, site: str, *, on: bool) -> None:
    seen = sites.site(site)
    serving = Release.objects.filter(pk=seen.serving if seen else "").first()
    announce(
        MaintenanceChanged(
            subject=site,
            release=serving.pk if serving else "",
            version=serving.version if serving else "",
            service=service,
            environment=environment,
            reason="maintenance",
            sentence="Planned maintenance began." if on else "Planned maintenance is over.",
            facts={"on": on, "by": str(by)},
        )
    )


def _decide(by: Actor, release: str, *, approve: bool, digest: str, comment: str) -> None:
    row = _get(release)
    with transaction.atomic():
        decided = approvals.decide(
            subject=release, by=by, approve=approve, at=clock.now(), digest=digest, comment=comment
        )
        append(
            row,
            "approval",
            at=clock.now(),
            facts={
                "by": str(by),
                "approved": approve,
                "comment": comment[:2000],
                "digest": decided.digest,
                "missing": decided.missing,
            },
        )
        # The engine goes on in a moment; until then the release's own sentence would ask for what was just given.
        Release.objects.filter(pk=release, state=State.AWAITING_APPROVAL).update(waits_for=_answered(by, decided))
    jobs.nudge(release)


def _answered(by: Actor, decided: ApprovalView) -> str:
    if decided.outcome == "REJECTED":
        return f"{by.name} said no, so it ends."
    if decided.outcome == "APPROVED":
        return f"{by.name} approved it, so it goes to production as soon as its turn comes."
    more = "one more person has" if decided.missing == 1 else f"{decided.missing} more people have"
    return f"{by.name} approved it; {more} to approve it."


def _wish(by: Actor, release: str, verb: Verb, **facts: Any) -> None:
    require(by, Role.OPERATOR)
    with transaction.atomic():
        jobs.nudge(release)
        row = _locked(release)
        state = State(row.state)
        if state in ALREADY.get(verb, ()) or _same(row.wish, verb, facts):
            return
        if verb not in _allowed(row):
            fitting = ", ".join(_allowed(row)) or "nothing"
            raise NotNow(f"{row.version} is {state}.", hint=f"Possible now: {fitting}.")
        _check_pending(row, verb)
        _write_wish(row, by, verb, **facts)


def _check_pending(row: Release, verb: Verb) -> None:
    """Raise NotNow when somebody asked for the users' safety and this verb would make the engine forget it."""
    pending = row.wish or {}
    if pending.get("verb") in TO_SAFETY and verb not in TO_SAFETY:
        raise NotNow(
            f"{pending['by']} asked for {pending['verb']} of {row.version}, which is being done.",
            hint="Look at it again in a moment.",
        )


def _write_wish(row: Release, by: Actor | str, verb: Verb, **facts: Any) -> None:
    """Ask for it and have the engine look, in one transaction: who dies here has asked for nothing.

    A pull may be done without an engine; the roll back that it comes before is kept for after it.
    """
    now = clock.now()
    wish = {"verb": verb.value, "by": str(by), "at": now.isoformat(), **facts}
    if verb == Verb.PULL and (row.wish or {}).get("verb") == Verb.ROLLBACK:
        wish["then"] = row.wish
    Release.objects.filter(pk=row.pk).update(wish=wish)
    append(row, f"verb.{verb}", at=now, facts={"by": str(by), **facts})
    audit.record(actor=str(by), action=f"release.{verb}", subject=row.pk, facts=facts)
    jobs.look(row.pk, State(row.asked_in or row.state))


def _same(wish: dict[str, Any] | None, verb: Verb, facts: dict[str, Any]) -> bool:
    return bool(wish) and wish == wish | {"verb": verb.value, **facts}  # type: ignore[operator]


def _allowed(row: Release) -> tuple[Verb, ...]:
    return allowed(State(row.state), question=row.question, frozen=bool(row.frozen), sole=row.sole)


def _get(release: str) -> Release:
    return _found(Release.objects.all(), release)


def _locked(release: str) -> Release:
    return _found(Release.objects.select_for_update(), release)


def _found(rows: QuerySet[Release], release: str) -> Release:
    row = rows.filter(pk=release).first()
    if row is None:
        raise NotFound(f"There is no release {release}.")
    return row
