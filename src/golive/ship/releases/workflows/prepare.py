"""From a revision to a verified release in staging: QUEUED to VERIFIED, and the people's word."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from golive.kernel.durable import Again, Outcome, Wait
from golive.ship.approvals import operations as approvals
from golive.ship.approvals import queries as decided
from golive.ship.artifacts import queries as revisions
from golive.ship.releases import operations, queries
from golive.ship.releases.domain.states import SERVES_ALL, State
from golive.ship.releases.models import Release
from golive.ship.releases.operations import jobs
from golive.ship.releases.workflows.answering import ask, not_yet, passed, told, why
from golive.ship.releases.workflows.elsewhere import written_elsewhere
from golive.ship.releases.workflows.serving import edge_is_away, put_back, take
from golive.ship.releases.workflows.stopping import stoppable
from golive.ship.releases.workflows.tidy import settle_leavers
from golive.ship.releases.workflows.turn import AT_ONCE, Turn
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import STAGING
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Replica
from golive.ship.traffic.ports import EdgeRefused

LOCK_WAIT_S: Final = 5.0
STOP_S: Final = 5.0

BUILDING = "It is being built."


def queued(turn: Turn) -> Outcome:
    """Build the artifact."""
    turn.set(sentence=BUILDING)
    with stoppable(turn) as stop:
        built = turn.target.build(turn.subject, stop)
    facts = {"digest": built.digest, "seconds": round(built.seconds, 2), "reused": built.reused}
    turn.move(State.BUILT, "built", facts={"build": facts}, digest=built.digest)
    return AT_ONCE


def built(turn: Turn) -> Outcome:
    """Run the gates on that artifact."""
    with stoppable(turn) as stop:
        proof = turn.target.prove(turn.subject, stop)
    facts = {"gates": list(proof.gates), "digest": turn.release.digest}
    if not proof.passed:
        return fail(turn, "gates", f"The gates did not pass: {proof.why or 'no result'}.", facts)
    turn.move(State.GATED, "gates", facts=facts)
    return AT_ONCE


def gated(turn: Turn) -> Outcome:
    """Bring it to staging: back up and migrate there, boot, show it to whoever opens staging."""
    port = services.environment(turn.release.service, STAGING).port
    site = turn.open_site(STAGING, port)
    waiting = take_lock(turn, site) or edge_is_away(turn)
    if waiting:
        return waiting
    kept = turn.job.step("back up staging", lambda: vars(turn.target.back_up(turn.subject, STAGING)))
    turn.job.once("migrate staging", lambda: turn.target.migrate(turn.subject, STAGING).facts)
    _show_staging(turn, site, turn.target.boot(turn.subject, STAGING))
    turn.target.start_workers(turn.subject, STAGING)
    backup = {"backup": kept["facts"]} if kept["done"] else {}
    turn.move(State.STAGED, "staged", facts={"staging": {"port": port, **backup}})
    return AT_ONCE


def _show_staging(turn: Turn, site: str, replicas: tuple[Replica, ...]) -> None:
    """Let staging serve it. Raises EdgeRefused; then rows and edge are as they were before, and it runs nowhere."""
    release, options = turn.release.pk, turn.policy.staging_edge

    def show() -> None:
        traffic.set_backend(site=site, release=release, replicas=replicas, at=turn.now)
        traffic.set_split(site=site, old=release, new="", share=0.0, at=turn.now, options=options)

    try:
        take(turn, site, options, show)
    except EdgeRefused:
        turn.target.stop(release, STAGING, grace_s=STOP_S)
        raise


def staged(turn: Turn) -> Outcome:
    """Verify staging: the listed paths on every replica, or else the home page, then the owner's commands."""
    site = sites.site(turn.staging)
    replicas = site.backends.get(turn.release.pk, ()) if site else ()
    asked = ask(replicas, turn.policy.staging_probes, turn.policy.staging_host)
    waiting = not_yet(turn, STAGING, asked)
    if waiting:
        return waiting
    checks = [check for _, check in asked]
    if not passed(asked):
        lines, facts = why(turn, asked)
        sentence = f"Staging does not answer: {lines or 'nothing runs there.'}"
        return fail(turn, "verification", sentence, facts | {"checks": [vars(check) for check in checks]})
    with stoppable(turn) as stop:
        commands = turn.target.verify(turn.subject, STAGING, sites.address(turn.staging, "127.0.0.1"), stop)
    facts = {"checks": [vars(check) for check in (*checks, *commands)]}
    bad = [f"{check.name}: {check.detail}" for check in commands if not check.passed]
    if bad:
        return fail(turn, "verification", f"The verification of staging failed: {'; '.join(bad)}.", facts)
    turn.move(
        State.VERIFIED,
        "verified",
        f"In staging {told(asked)}{_and_commands(len(commands))}.",
        facts,
        within=lambda: traffic.unlock(site=turn.staging, release=turn.release.pk),
    )
    wake_next(turn.staging)
    return AT_ONCE


def _and_commands(count: int) -> str:
    return f", and {count} command{'' if count == 1 else 's'} of `verify` succeeded" if count else ""


def verified(turn: Turn) -> Outcome:
    """Let go of the release before it in staging; ask for approval, or go on when none is needed."""
    if not settle_leavers(turn, turn.staging):
        return Again(timedelta(seconds=0.5))
    policy, release = turn.policy, turn.release
    lost, facts = written_elsewhere(turn, STAGING)
    if not policy.approvals:
        turn.move(State.APPROVED, "no_approval_needed", f"No approval is needed here. {lost}".strip(), facts)
        return AT_ONCE
    until = turn.deadline(policy.approvals_expire)
    authors = [] if policy.author_may_approve else [release.author, release.requested_by, *_writers(release)]
    evidence = {
        "gates": release.facts.get("gates", []),
        "checks": release.facts.get("checks", []),
        "subject": release.subject,
        "author": release.author,
        "behind": behind(release),
    }

    def ask() -> None:
        approvals.request(
            subject=release.pk,
            digest=release.digest,
            evidence=evidence,
            needed=policy.approvals,
            authors=authors,
            at=turn.now,
            expires_at=until,
        )

    people = "one person has" if policy.approvals == 1 else f"{policy.approvals} people have"
    turn.move(
        State.AWAITING_APPROVAL,
        "approval",
        f"{release.version} is verified; {people} to approve it. {lost}".strip(),
        facts
        | {
            "needed": policy.approvals,
            "expires_at": until.isoformat(),
            "digest": release.digest,
            "author": release.author,
        },
        within=ask,
        until=until,
    )
    return AT_ONCE


def _writers(release: Release) -> list[str]:
    """Return who wrote what the release brings to the users; of a first one, which brings everything, nobody by this."""
    place = sites.site(release.site)
    serving = Release.objects.filter(pk=place.serving).first() if place else None
    return revisions.authors_between(release.service, serving.revision, release.revision) if serving else []


def awaiting(turn: Turn) -> Outcome:
    """Wait for people without a thread and without the lock."""
    release = turn.release
    approval = decided.latest(release.pk)
    outcome = approval.outcome if approval else ""
    if outcome == "OPEN" and approvals.expire(subject=release.pk, at=turn.now):
        outcome = "EXPIRED"
    votes = approval.decisions if approval else ()
    by = [str(vote.person) for vote in votes]
    if outcome == "APPROVED":
        turn.move(State.APPROVED, "approved", f"Approved by {', '.join(by)}.", {"approved_by": by})
        return AT_ONCE
    if outcome == "REJECTED":
        last = votes[-1]
        sentence = f"{last.name} said no." + (f' "{last.comment}"' if last.comment else "")
        turn.move(State.REJECTED, "rejected", sentence, {"by": last.person, "comment": last.comment})
        return AT_ONCE
    if outcome == "EXPIRED":
        turn.move(State.EXPIRED, "expired")
        return AT_ONCE
    return Wait(approval.expires_at if approval else None)


def fail(turn: Turn, reason: str, sentence: str, facts: Mapping[str, Any] | None = None) -> Outcome:
    """End a release that did not get so far that a user saw it."""
    end(turn, State.FAILED_BEFORE_TRAFFIC, reason, sentence, {"failed_in": turn.release.state, **(facts or {})})
    return AT_ONCE


def end(turn: Turn, state: State, reason: str, sentence: str, facts: dict[str, Any]) -> None:
    """End a release that no user has seen, and give its locks free."""
    held = (turn.site, turn.staging)

    def unlock() -> None:
        put_back(turn, turn.site)
        for site in held:
            traffic.unlock(site=site, release=turn.release.pk)
        approvals.withdraw(subject=turn.release.pk, at=turn.now)

    turn.move(state, reason, sentence, facts, within=unlock)
    for site in held:
        wake_next(site)


def take_lock(turn: Turn, site: str) -> Outcome | None:
    """Take the site's lock, or say who has it and wait; the one that was asked for first goes first."""
    release = turn.release
    earlier = (
        Release.objects.filter(
            service=release.service,
            environment=release.environment,
            state=release.state,
            created_at__lt=release.created_at,
        )
        .order_by("created_at")
        .first()
    )
    holder = ""
    try:
        with turn.job.transaction():
            if earlier is None or ((held := sites.site(site)) and held.lock == release.pk):
                traffic.lock(site=site, release=release.pk, at=turn.now)
                return None
            holder = earlier.pk
    except traffic.SiteLocked as problem:
        holder = str(problem.facts["holder"])
    other = Release.objects.filter(pk=holder).first()
    if other is None:
        return turn.wait_for(f"{holder} is on its way to {site}; this one is next.", LOCK_WAIT_S)
    return make_way(turn, other) or turn.wait_for(
        f"{other.version} is on its way to {site}; this one is next.{_asks(other)}", LOCK_WAIT_S
    )


def make_way(turn: Turn, other: Release) -> Outcome | None:
    """Wait for an older release that waits for a person to be rolled back; None when it does not give way."""
    release, place = turn.release, sites.site(other.site)
    if place is None or not place.old or other.created_at >= release.created_at:
        return None
    with turn.job.transaction():
        if not operations.give_way(release=other.pk, newer=release, to=place.old):
            return None
    return turn.wait_for(
        f"{other.version} waited for a person; it is rolled back first, then this one goes on.", LOCK_WAIT_S
    )


def _asks(other: Release) -> str:
    seen = queries.release(other.pk)
    commands = ", ".join(f"`{one.text}`" for one in seen.commands)
    return f" {seen.waits_for} ({commands})" if seen.needs_person and commands else ""


def wake_next(site: str) -> None:
    """Have those that wait for a site look again."""
    service, _, _ = site.partition("/")
    for pk in Release.objects.filter(service=service, state__in=(State.APPROVED, State.GATED, State.WARM)).values_list(
        "pk", flat=True
    ):
        jobs.nudge(pk)


def behind(release: Release) -> str:
    """Say which newer release serves already, "" when none does."""
    newer = _newer(release)
    return f"{newer.version} was asked for later and serves already." if newer else ""


def overtaken(turn: Turn) -> Outcome | None:
    """End a release that nobody approves once one that was asked for later serves: the last word counts, not the slowest build."""
    release, newer = turn.release, _newer(turn.release)
    if newer is None or turn.policy.approvals:
        return None
    sentence = (
        f"{newer.version} was asked for later and serves already, so {release.version} did not go live. "
        f"To ship it nevertheless, ask for it again: `golive deploy {release.revision[:12]}`."
    )
    end(turn, State.SUPERSEDED, "overtaken", sentence, {"by": newer.pk, "was": release.state})
    return AT_ONCE


def _newer(release: Release) -> Release | None:
    """Return the release of the split that serves all users and was asked for after this one."""
    place = sites.site(release.site)
    return (
        Release.objects.filter(
            pk__in=(place.old, place.new), created_at__gt=release.created_at, state__in=SERVES_ALL
        ).first()
        if place
        else None
    )
