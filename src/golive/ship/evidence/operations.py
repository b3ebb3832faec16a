"""Gather the evidence of a pulled release."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from golive.kernel import clock
from golive.kernel.events import announce
from golive.kernel.ports import the
from golive.kernel.problems import Problem
from golive.ship.artifacts import queries as artifacts
from golive.ship.evidence.domain import sentence
from golive.ship.evidence.events import EvidenceGathered
from golive.ship.evidence.models import Evidence
from golive.ship.releases import queries as releases
from golive.ship.releases.queries import ReleaseView
from golive.ship.services import queries as services
from golive.watch.evidence.queries import compare
from golive.watch.telemetry.ports import TelemetryStore

BEFORE = timedelta(minutes=30)  # how far back the replaced release is looked at, when the new one is young


def look(release: ReleaseView, pulled_at: datetime, now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]], str]:
    """Return (what the store says, what changed, what could not be asked) about a release and the one it replaced.

    The first is empty when the store could not be asked.
    """
    body, problem = _telemetry(release, min(release.serving_at or pulled_at, pulled_at - BEFORE), now)
    commits, without = _commits(release)
    return body, commits, " ".join(filter(None, (problem, without)))


def keep(
    release: ReleaseView,
    *,
    pulled_at: datetime,
    body: dict[str, Any],
    commits: list[dict[str, Any]],
    problem: str,
) -> None:
    """Keep what was found and announce it, but nothing in the place of something; belongs into a transaction."""
    if not body and Evidence.objects.filter(pk=release.id).exists():
        return
    Evidence.objects.update_or_create(
        release=release.id,
        defaults={
            "pulled_at": pulled_at,
            "gathered_at": clock.now(),
            "body": body,
            "commits": commits,
            "problem": problem,
        },
    )
    announce(
        EvidenceGathered(
            subject=release.id,
            release=release.id,
            service=release.service,
            environment=release.environment,
            sentence=sentence(body) if body else problem,
            routes=len(body.get("statuses", ())) + len(body.get("slower", ())),
            errors=len(body.get("new_errors", ())),
            patterns=len(body.get("new_patterns", ())),
        )
    )


def _telemetry(release: ReleaseView, since: datetime, now: datetime) -> tuple[dict[str, Any], str]:
    try:
        found = compare(
            the(TelemetryStore),
            f"{release.service}/{release.environment}",
            old=release.replaced,
            new=release.id,
            since=since,
            until=now,
        )
    except Problem as problem:
        return {}, f"The store could not be asked: {problem.detail}"
    hidden: dict[str, Any] = services.redaction(release.service).within(_plain(asdict(found)))
    return _with_versions(hidden), ""


def _with_versions(body: dict[str, Any]) -> dict[str, Any]:
    """Name by its version each release that had an error or a log pattern before."""
    news = [*body["new_errors"], *body["new_patterns"]]
    names = releases.versions({one["seen_before"] for one in news} - {""})
    for one in news:
        one["seen_before"] = names.get(one["seen_before"], one["seen_before"])
    return body


def _commits(release: ReleaseView) -> tuple[list[dict[str, Any]], str]:
    if not release.replaced:
        return [], ""
    try:
        old = releases.release(release.replaced)
        found = artifacts.commits_between(release.service, old.revision, release.revision)
    except Problem as problem:
        return [], f"The commits could not be read: {problem.detail}"
    return [_plain(asdict(commit)) for commit in found], ""


def _plain(value: Any) -> Any:
    """Return dataclass fields as JSON: moments become ISO 8601."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value
