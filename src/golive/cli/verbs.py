"""The verbs of a release: `approve`, `reject`, `cancel`, `happened`, `again`, `pull`, `hold`, `promote`, `resume`, `rollback`, and others."""

from typing import Any

import typer

from golive.cli.client import Client
from golive.cli.options import DRY_RUN, ENVIRONMENT, JSON, RELEASE, SERVICE, YES
from golive.cli.output import confirm, data, line, say
from golive.cli.releases import resolve
from golive.cli.services import chosen_service
from golive.ship.services.domain.values import parse_duration

RESTART = (
    "It is started again within seconds; if not, its log in golive's home says why (logs/golive-engine). The last way "
    "is `golive down`, then `golive up`: visitors get no answer in between."
)
KEPT = (
    "note: golive's engine does not run at this moment. What you asked for is kept and done as soon as it is back; "
    f"until then users stay where they are. {RESTART}"
)
DONE = (
    "note: golive's engine does not run at this moment, so the control room took the users off in its place. "
    f"What comes after that waits for the engine. {RESTART}"
)
SLOW = (
    "note: golive's engine lives and has this release in hand, but has not done it yet; it does so as soon as it can. "
    "Look with `golive status`."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for verb in (
        approve,
        reject,
        cancel,
        happened,
        again,
        pull,
        hold,
        promote,
        resume,
        rollback,
        replay,
    ):
        app.command()(verb)
    app.command("maintenance")(maintenance)


def approve(
    release: str = RELEASE,
    comment: str = typer.Option("", "--comment", "-m", help="What everyone reads beside it."),
    json: bool = JSON,
) -> None:
    """Approve a release for production.

    The approval is bound to the digest of what was built.

    Example: golive approve 1.4.2 -m "read the diff"
    """
    _verb(release, "approve", {"comment": comment}, json=json)


def reject(
    release: str = RELEASE,
    comment: str = typer.Option("", "--comment", "-m", help="What everyone reads beside it."),
    json: bool = JSON,
) -> None:
    """Reject a release that waits for approval.

    Example: golive reject 1.4.2 -m "migration locks orders"
    """
    _verb(release, "reject", {"comment": comment}, json=json)


def cancel(release: str = RELEASE, json: bool = JSON) -> None:
    """Stop a release before any user sees it.

    What builds or tests it is ended within seconds; a backup or a migration that has begun is waited for.

    Example: golive cancel 1.4.2
    """
    _verb(release, "cancel", json=json)


def happened(release: str = RELEASE, json: bool = JSON) -> None:
    """Say that the step which was cut off did happen.

    Look first: the release goes on after it, and it is not run again.

    Example: golive happened 1.4.2
    """
    _verb(release, "happened", json=json)


def again(release: str = RELEASE, json: bool = JSON) -> None:
    """Say that the step which was cut off did not happen.

    Look first: it is run once more.

    Example: golive again 1.4.2
    """
    _verb(release, "again", json=json)


def pull(
    release: str = RELEASE,
    reason: str = typer.Option("", "--reason", "-m", help="What the record keeps."),
    json: bool = JSON,
) -> None:
    """Take all users off a release at once.

    Nobody is blamed. It stays out until `golive resume` or `golive rollback`. Works while golive's engine is down, too;
    not for a first or a settled release, which have nothing to be pulled to.

    Example: golive pull 1.4.2
    """
    _verb(release, "pull", {"reason": reason}, json=json)


def hold(release: str = RELEASE, json: bool = JSON) -> None:
    """Keep a release at its present share.

    Example: golive hold 1.4.2
    """
    _verb(release, "hold", json=json)


def promote(release: str = RELEASE, json: bool = JSON) -> None:
    """Move a release to its next step now.

    Example: golive promote 1.4.2
    """
    _verb(release, "promote", json=json)


def resume(release: str = RELEASE, json: bool = JSON) -> None:
    """Let a held or pulled release go on.

    Held at a step it goes on from there; out of traffic it begins again at a small share: its first, and at most a
    fifth of the users.

    Example: golive resume 1.4.2
    """
    _verb(release, "resume", json=json)


def rollback(
    to: str = typer.Argument("", help="Id or version to go back to; empty: the release that was replaced."),
    service: str = SERVICE,
    dry_run: bool = DRY_RUN,
    yes: bool = YES,
    json: bool = JSON,
) -> None:
    """Go back to an earlier release.

    Says what will serve and what it means for the database, and does it; asks only when an earlier release is named.
    `--dry-run` says it and does nothing.

    Example: golive rollback
    """
    client = Client()
    name = chosen_service(service)
    target = resolve(client, to, name) if to else None
    plan = client.get(f"/services/{name}/rollback", to=target)
    say(plan["sentence"])
    if dry_run:
        data(plan) if json else None
        return
    if to:
        confirm("Go back?", yes=yes)
    done = client.post(f"/services/{name}/rollback", {"to": target})
    data(done) if json else line(done["sentence"])
    if client.engine_is_down():
        say(KEPT)


def replay(release: str = RELEASE, json: bool = JSON) -> None:
    """Judge a release again from its record.

    Says whether the decisions are the same, and fails (exit code 1) when they are not or the journal was changed.

    Example: golive replay 1.4.2
    """
    client = Client()
    found = client.get(f"/releases/{resolve(client, release)}/replay")
    data(found) if json else line(found["sentence"])
    if found["same"] is False:
        raise typer.Exit(1)


def maintenance(
    state: str = typer.Argument(..., help="on or off"),
    service: str = SERVICE,
    environment: str = ENVIRONMENT,
    message: str = typer.Option("", "--message", "-m", help="What visitors read."),
    allow: list[str] = typer.Option([], "--allow", help="Address or IPv4 network that still gets in; several times."),
    retry_after: str = typer.Option("5m", "--retry-after", help="When the others may come again, up to a day."),
    json: bool = JSON,
) -> None:
    """Turn the maintenance page on or off.

    Visitors then get 503 with Retry-After. Given again while it is on, it replaces all that was said before.

    Example: golive maintenance on -m "Back at nine." --allow 203.0.113.7
    """
    if state not in {"on", "off"}:
        raise typer.BadParameter("say on or off")
    name = chosen_service(service)
    body = {"on": state == "on", "message": message, "allow": allow, "retry_after_s": _seconds(retry_after)}
    done = Client().post(f"/services/{name}/{environment}/maintenance", body)
    data(done) if json else line(done["sentence"])


def _seconds(length: str) -> int:
    try:
        seconds = int(parse_duration(length).total_seconds())
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if not 1 <= seconds <= 86_400:
        raise typer.BadParameter("--retry-after is at least a second and at most a day")
    return seconds


def _verb(release: str, verb: str, body: dict[str, Any] | None = None, *, json: bool = False) -> None:
    client = Client()
    found = client.post(f"/releases/{resolve(client, release)}/{verb}", body)
    # What it says of itself is from before this word, until the engine has taken it up.
    answered = verb in {"cancel", "approve", "reject"} and found["open"]
    data(found) if json else line((found["waits_for"] if answered else "") or found["sentence"])
    served = verb == "pull" and found["share"] > 0
    if client.engine_is_down():
        say(DONE if verb == "pull" and not served else KEPT)
    elif served:
        say(SLOW)
