"""`golive deploy`, `status`, `releases` and the verbs of a release."""

import subprocess
import time
from pathlib import Path
from typing import Any

import typer

from golive.cli.client import Client
from golive.cli.options import DRY_RUN, JSON, SERVICE, YES
from golive.cli.output import data, out, say, table
from golive.cli.services import chosen_service, register_here
from golive.kernel.problems import NotFound, Problem

FINAL = {
    "SETTLED",
    "ROLLED_BACK",
    "REJECTED",
    "EXPIRED",
    "SUPERSEDED",
    "CANCELLED",
    "FAILED_BEFORE_TRAFFIC",
}
SERVING = {"FULL", "WATCH_10M", "WATCH_1H", "WATCH_24H", *FINAL}
PERSON = {"AWAITING_APPROVAL", "ASKED"}
POLL = 0.5  # seconds between looks at a release that is being followed


class DeployFailed(Problem):
    """The release that was followed did not come to serve everyone."""

    slug = "deploy-failed"
    title = "The release does not serve"
    exit_code = 7


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(deploy)
    app.command()(status)
    app.command("releases")(list_releases)
    app.command()(show)
    app.command()(logs)
    for verb in (approve, reject, cancel, pull, hold, promote, resume, rollback, replay):
        app.command()(verb)
    app.command("maintenance")(maintenance)


def deploy(
    revision: str = typer.Argument(
        "HEAD", help="Branch, tag or commit of the repository in this directory."
    ),
    follow: bool = typer.Option(
        True, help="Stay and say what happens until it serves everyone or needs a person."
    ),
    dry_run: bool = DRY_RUN,
    json: bool = JSON,
) -> None:
    """Ship a revision of the repository in this directory.

    Example: golive deploy v1.4.2
    """
    here = Path.cwd()
    commit = _revision(here, revision)
    client = Client()
    service = register_here(client, here, dry_run=dry_run)
    if dry_run:
        say(f"would ship {commit[:12]} of {service['name']}; nothing was done")
        data({"service": service["name"], "revision": commit}) if json else None
        return
    release = client.post("/releases", {"service": service["name"], "revision": commit})
    if not follow:
        data(release) if json else out.print(
            f"{release['id']}  {release['version']}  {release['state']}"
        )
        return
    say(f"shipping {service['name']} {release['version']}: {_url(client, release['id'])}")
    release = _follow(client, release["id"], quiet=json)
    if json:
        data(release)
    if release["state"] in FINAL - {"SETTLED", "SUPERSEDED"}:
        raise DeployFailed(release["sentence"], hint=f"golive show {release['id']}")


def status(json: bool = JSON) -> None:
    """Show what serves where, what moves, and what waits for a person.

    Example: golive status
    """
    client = Client()
    sites = client.get("/sites")
    moving = [r for r in client.get("/releases", open=True) if r["state"] not in FINAL]
    if json:
        data({"sites": sites, "releases": moving})
        return
    table(
        ("site", "serves", "split", "address"),
        ((s["id"], s["serving"] or "nothing yet", s["sentence"], s["url"]) for s in sites),
        empty="No service yet: `golive init` in the repository of your app, then `golive deploy`.",
    )
    for release in moving:
        out.print(f"{release['service']} {release['version']}: {release['sentence']}", markup=False)


def list_releases(
    service: str = typer.Option("", "--service", "-s", help="Only this service."),
    limit: int = typer.Option(20, help="How many."),
    json: bool = JSON,
) -> None:
    """List releases, newest first.

    Example: golive releases --limit 5
    """
    found = Client().get("/releases", service=service or None, limit=limit)
    if json:
        data(found)
        return
    table(
        ("release", "version", "service", "state", "what"),
        ((r["id"], r["version"], r["service"], r["state"], r["sentence"]) for r in found),
        empty="No release yet: `golive deploy` in the repository of your app.",
    )


def show(release: str = typer.Argument(..., help="Id or version."), json: bool = JSON) -> None:
    """Show one release: states with times, what the judge sees, what is new.

    Example: golive show 1.4.2
    """
    client = Client()
    found = client.get(f"/releases/{_resolve(client, release)}")
    if json:
        data(found)
        return
    out.print(f"{found['service']} {found['version']} ({found['state']})", markup=False)
    out.print(found["sentence"], markup=False)
    table(
        ("state", "at", "what"),
        (
            (step["state"], step["at"] or "", step["sentence"])
            for step in found["rail"]
            if step["at"]
        ),
        empty="It has not begun.",
    )


def logs(
    release: str = typer.Argument("", help="Id or version; empty: what serves now."),
    service: str = SERVICE,
    text: str = typer.Option("", "--grep", help="Only lines with this text."),
    limit: int = typer.Option(100, help="How many lines."),
    follow: bool = typer.Option(False, "--follow", "-f", help="Go on with new lines."),
    json: bool = JSON,
) -> None:
    """Show the output of a service or release.

    Example: golive logs --grep KeyError
    """
    client = Client()
    query: dict[str, Any] = {"service": chosen_service(service), "q": text or None, "limit": limit}
    if release:
        query["release"] = _resolve(client, release)
    seen = ""
    while True:
        page = client.get("/logs", **query, since=seen or None)
        for line in page["lines"]:
            if json:
                data(line)
            else:
                out.print(
                    f"{line['at']} {line['severity']:5} {line['version']} {line['body']}",
                    markup=False,
                )
        seen = page["cursor"] or seen
        if not follow:
            return
        time.sleep(POLL)  # noqa: TID251  the tail of a log is a poll


def approve(
    release: str = typer.Argument(...), comment: str = typer.Option("", "--comment", "-m")
) -> None:
    """Approve a release for production, bound to its digest.

    Example: golive approve 1.4.2 -m "read the diff"
    """
    _verb(release, "approve", {"comment": comment})


def reject(
    release: str = typer.Argument(...), comment: str = typer.Option("", "--comment", "-m")
) -> None:
    """Reject a release that waits for approval.

    Example: golive reject 1.4.2 -m "migration locks orders"
    """
    _verb(release, "reject", {"comment": comment})


def cancel(release: str = typer.Argument(...)) -> None:
    """Stop a release before any user sees it.

    Example: golive cancel 1.4.2
    """
    _verb(release, "cancel")


def pull(
    release: str = typer.Argument(...), reason: str = typer.Option("", "--reason", "-m")
) -> None:
    """Take all users off a release at once; nobody is blamed yet.

    Example: golive pull 1.4.2
    """
    _verb(release, "pull", {"reason": reason})


def hold(release: str = typer.Argument(...)) -> None:
    """Keep a release at its present share.

    Example: golive hold 1.4.2
    """
    _verb(release, "hold")


def promote(release: str = typer.Argument(...)) -> None:
    """Move a release to its next step now.

    Example: golive promote 1.4.2
    """
    _verb(release, "promote")


def resume(release: str = typer.Argument(...)) -> None:
    """Let a release that is held or pulled go on at its smallest share.

    Example: golive resume 1.4.2
    """
    _verb(release, "resume")


def rollback(
    to: str = typer.Argument(
        "", help="Id or version to go back to; empty: the release that was replaced."
    ),
    service: str = SERVICE,
    dry_run: bool = DRY_RUN,
    yes: bool = YES,
    json: bool = JSON,
) -> None:
    """Go back: says first what will serve and what it means for the database.

    Example: golive rollback
    """
    client = Client()
    name = chosen_service(service)
    target = _resolve(client, to) if to else None
    plan = client.get(f"/services/{name}/rollback", to=target)
    say(plan["sentence"])
    if dry_run:
        data(plan) if json else None
        return
    if not yes and to:
        typer.confirm("Go back?", abort=True)
    done = client.post(f"/services/{name}/rollback", {"to": target})
    data(done) if json else out.print(done["sentence"], markup=False)


def replay(release: str = typer.Argument(...), json: bool = JSON) -> None:
    """Judge a release again from its record, and compare the verdicts.

    Example: golive replay 1.4.2
    """
    client = Client()
    found = client.get(f"/releases/{_resolve(client, release)}/replay")
    data(found) if json else out.print(found["sentence"], markup=False)


def maintenance(
    state: str = typer.Argument(..., help="on or off"),
    service: str = SERVICE,
    environment: str = typer.Option("production", "--environment", "-e"),
    message: str = typer.Option("", "--message", "-m", help="What visitors read."),
) -> None:
    """Answer visitors with a maintenance page (503, Retry-After), or end that.

    Example: golive maintenance on -m "Back at nine."
    """
    if state not in {"on", "off"}:
        raise typer.BadParameter("say on or off")
    name = chosen_service(service)
    body = {"on": state == "on", "message": message}
    done = Client().post(f"/services/{name}/{environment}/maintenance", body)
    out.print(done["sentence"], markup=False)


def _verb(release: str, verb: str, body: dict[str, Any] | None = None) -> None:
    client = Client()
    found = client.post(f"/releases/{_resolve(client, release)}/{verb}", body)
    out.print(found["sentence"], markup=False)


def _resolve(client: Client, name: str) -> str:
    """Return the id of a release named by id or version (the newest of that version)."""
    if name.startswith("rel_"):
        return name
    for release in client.get("/releases", limit=200):
        if release["version"] == name or release["revision"].startswith(name):
            return str(release["id"])
    raise NotFound(f"There is no release {name}.", hint="`golive releases` lists them.")


def _follow(client: Client, release_id: str, *, quiet: bool) -> dict[str, Any]:
    told = ""
    while True:
        release: dict[str, Any] = client.get(f"/releases/{release_id}")
        if release["sentence"] != told and not quiet:
            told = release["sentence"]
            say(f"{release['state'].lower():>20}  {told}")
        if release["state"] in SERVING | PERSON:
            return release
        time.sleep(POLL)  # noqa: TID251  following is a poll of the API


def _url(client: Client, release_id: str) -> str:
    return f"{client.url}/releases/{release_id}"


def _revision(here: Path, revision: str) -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}"],
        cwd=here, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode:
        raise NotFound(
            f"{here} has no revision {revision}: {found.stderr.strip()}",
            hint="Commit your work in a git repository and run the command there.",
        )
    return found.stdout.strip()
