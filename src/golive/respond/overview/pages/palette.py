"""What the palette knows beyond the page that is open: services, releases, incidents, and acts on what serves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from golive.kernel.access.http import page, page_actor
from golive.kernel.access.roles import Role
from golive.kernel.ui import words
from golive.respond.incidents import queries as incidents
from golive.ship.releases import queries as releases
from golive.ship.releases.domain.verbs import NEEDS_APPROVER, Verb
from golive.ship.releases.queries import ReleaseView
from golive.ship.services import queries as services

MOST_RELEASES, MOST_INCIDENTS = 60, 20
ASKED = {
    Verb.APPROVE: "Approve {name}",
    Verb.ROLLBACK: "Roll back {name}",
    Verb.PULL: "Pull {name}",
    Verb.PROMOTE: "Promote {name}",
    Verb.RESUME: "Resume {name}",
    Verb.CANCEL: "Stop {name}",
}
COMMANDS = ("golive deploy", "golive status", "golive logs")


@require_GET
@page()
def palette(request: HttpRequest) -> HttpResponseBase:
    """Return entries {group, words, note, path | copy} as JSON."""
    actor = page_actor(request)
    recent = releases.releases(limit=MOST_RELEASES)
    found: list[dict[str, Any]] = []
    for one in recent:
        found += _acts(one, actor.role)
    found += [_entry("Services", row.name, f"/services/{row.name}") for row in services.services()]
    found += [_entry("Releases", f"{one.service} {one.version}", f"/releases/{one.id}", _noted(one)) for one in recent]
    found += [
        _entry("Incidents", f"#{one.number} {one.title}", f"/incidents/{one.id}", one.state.lower())
        for one in incidents.latest(limit=MOST_INCIDENTS)
    ]
    found += [{"group": "Copy", "words": line, "note": "to the clipboard", "copy": line} for line in COMMANDS]
    return JsonResponse({"entries": found})


def _acts(one: ReleaseView, role: Role) -> list[dict[str, Any]]:
    """Acts that ask before they do anything: the address opens their dialog on the release's page."""
    if not one.open and not one.serving:
        return []
    allowed = [
        verb
        for verb in ASKED
        if verb in one.verbs and role >= (Role.APPROVER if verb in NEEDS_APPROVER else Role.OPERATOR)
    ]
    return [
        _entry(
            "Do",
            ASKED[verb].format(name=f"{one.service} {one.version}"),
            f"/releases/{one.id}#confirm-{verb.value}",
            one.environment,
        )
        for verb in allowed
    ]


def _noted(one: ReleaseView) -> str:
    if one.serving:
        return "serves"
    share = f" at {words.percent(one.share)}" if one.share else ""
    return f"{one.state.replace('_', ' ').lower()}{share}"


def _entry(group: str, said: str, path: str, note: str = "") -> dict[str, Any]:
    return {"group": group, "words": said, "note": note, "path": path}
