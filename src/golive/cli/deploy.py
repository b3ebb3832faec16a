"""`golive deploy`: ship a revision, and say what becomes of it."""

import subprocess
import time
from pathlib import Path
from typing import Any

import typer

from golive.cli.client import Client
from golive.cli.options import DRY_RUN, JSON
from golive.cli.output import data, line, say
from golive.cli.releases import POLL, SHOWN, tell_lost
from golive.cli.services import MANIFEST, register_here, registered_there
from golive.kernel.problems import NotFound, Problem
from golive.ship.releases.domain.plan import held_back, percent
from golive.ship.releases.domain.states import CLOSED, SERVES_ALL
from golive.ship.services.domain.manifest import PRODUCTION


class DeployFailed(Problem):
    """The release that was followed did not come to serve everyone."""

    slug = "deploy-failed"
    title = "The release does not serve"
    exit_code = 7


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(deploy)


def deploy(
    revision: str = typer.Argument("HEAD", help="Branch, tag or commit of the repository in this directory."),
    repository: str = typer.Option(
        "",
        help="Address (https or ssh) from which golive fetches from now on; empty: this folder, where golive is here.",
    ),
    follow: bool = typer.Option(True, help="Stay and say what happens until it serves everyone or needs a person."),
    dry_run: bool = DRY_RUN,
    json: bool = JSON,
) -> None:
    """Ship a revision of this repository.

    Ends with 0 when it serves everyone or waits for a person, with 7 when it does not serve. With GOLIVE_SERVER the
    commit has to be pushed to where that golive fetches from.

    Example: golive deploy v1.4.2
    """
    here = Path.cwd()
    top = _git(here, "rev-parse", "--show-toplevel")
    if top is not None and Path(top).resolve() != here.resolve():
        raise NotFound(f"{here} is not the root of its repository.", hint=f"Run the command in {top}.")
    commit = _git(here, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    if top is None or commit is None:
        known = top is not None and _git(here, "rev-parse", "--verify", "HEAD") is not None
        raise NotFound(
            f"There is no revision {revision} in {here}.{_refusal(here)}",
            hint="Name a branch, a tag or a commit that `git log --oneline --all` shows."
            if known
            else "Run the command in a git repository, and commit your work first.",
        )
    committed = _git(here, "show", f"{commit}:{MANIFEST}")
    _tell_uncommitted(here, commit, committed)
    client = Client()
    if client.is_elsewhere and not repository:
        service = registered_there(client, here, committed)
    else:
        service = register_here(client, here, committed, repository, dry_run=dry_run)
    if dry_run:
        say(f"would ship {commit[:12]} of {service['name']}; nothing was done")
        data({"service": service["name"], "revision": commit}) if json else None
        return
    _tell_serving(client, service["name"], commit)
    _tell_waiting(client, service["name"])
    release = client.post("/releases", {"service": service["name"], "revision": commit})
    if not follow:
        data(release) if json else line(f"{release['id']}  {release['version']}")
        return
    say(f"shipping {service['name']} {release['version']}: {client.url}/releases/{release['id']}")
    release = _follow(client, release["id"], release["version"], quiet=json)
    if json:
        data(release)
    if release["state"] in CLOSED - SERVES_ALL:
        raise DeployFailed(release["sentence"], hint=f"`golive show {release['version']}` shows its way here.")
    if not json:
        tell_lost(release)
        say(_goodbye(client, release))


def _follow(client: Client, release_id: str, version: str, *, quiet: bool) -> dict[str, Any]:
    told = waited = ""
    try:
        while True:
            release: dict[str, Any] = client.get_patiently(f"/releases/{release_id}")
            if release["sentence"] != told and not quiet:
                told = release["sentence"]
                # Why it failed is the error that follows.
                words = "" if release["state"] in CLOSED - SERVES_ALL else f"  {told}"
                say(f"{release['state'].lower().replace('_', ' '):>22}{words}")
            if release["waits_for"] != waited and not quiet:
                waited = release["waits_for"]
                say(f"{'':>22}  {waited}") if waited else None
            if release["needs_person"] or release["state"] in SERVES_ALL | CLOSED:
                return release
            time.sleep(POLL)  # noqa: TID251  following is a poll of the API
    except KeyboardInterrupt:
        say(
            f"\n{version} goes on without you: `golive show {version}` says how it is, "
            f"`golive cancel {version}` stops it before users see it, `golive pull {version}` after."
        )
        raise


def _tell_waiting(client: Client, service: str) -> None:
    """Say which releases of the service wait for a person: what becomes of them, and of this one."""
    for one in client.get("/releases", service=service, open=True):
        if one["needs_person"] and one["state"] != "AWAITING_APPROVAL":
            say(f"note: {one['version']} is {one['state'].lower()}. {one['waits_for']}")
            for command in one["commands"]:
                say(f"  {command['text']}: {command['does']}")


def _goodbye(client: Client, release: dict[str, Any]) -> str:
    version = release["version"]
    if release["state"] == "AWAITING_APPROVAL":
        return f"next: somebody else approves it at {client.url}/releases/{release['id']}; it goes on by itself then"
    if release["needs_person"]:
        commands = "\n".join(f"  {one['text']}: {one['does']}" for one in release["commands"])
        return f"next: look at {client.url}/releases/{release['id']}, then say one of\n{commands}"
    site = f"{release['service']}/{release['environment']}"
    url = next((s["url"] for s in client.get("/sites") if s["id"] == site), "")
    if release["share"] < 1 and release["replaced_version"]:
        kept = held_back(release["share"], release["replaced_version"])
        whom = f"{percent(release['share'])} of the users at {url}; {kept} (`hold_back` in golive.toml)"
        return f"{version} serves {whom}. golive goes on watching it"
    return f"{version} serves everyone at {url}; golive goes on watching it"


def _tell_serving(client: Client, service: str, commit: str) -> None:
    """Say when users are on this commit already: who ships it once more may have forgotten to commit."""
    serving = next((site["serving_id"] for site in client.get("/sites") if site["id"] == f"{service}/{PRODUCTION}"), "")
    present = client.get(f"/releases/{serving}") if serving else None
    if present and present["revision"] == commit:
        say(f"note: {present['version']} is this very commit and serves already; it is shipped once more")


def _tell_uncommitted(here: Path, commit: str, committed: str | None) -> None:
    """Say what of the work in this folder the release does not have."""
    path = here / MANIFEST
    if committed is None and path.exists():
        say(f"note: {MANIFEST} is not committed; the one in this folder counts, and no commit says so")
    elif committed is not None and path.exists() and path.read_text(errors="replace").strip() != committed:
        say(f"note: {MANIFEST} as of {commit[:10]} counts, not your changes to it since")
    if _git(here, "rev-parse", "HEAD") != commit:
        return  # an older revision, and what has changed since is not meant
    changed = _names(here, "diff", "--name-only", "HEAD") + _names(here, "ls-files", "--others", "--exclude-standard")
    work = [name for name in changed if name != MANIFEST]
    if work:
        more = f" and {len(work) - SHOWN} more" if len(work) > SHOWN else ""
        count, them = ("1 changed file is", "it") if len(work) == 1 else (f"{len(work)} changed files are", "them")
        say(f"note: {count} not in this release: {', '.join(work[:SHOWN])}{more}; commit {them} first")


def _names(here: Path, *arguments: str) -> list[str]:
    return [name for name in (_git(here, *arguments, "-z") or "").split("\0") if name]


def _refusal(here: Path) -> str:
    """Return what git says of the folder itself, such as that it is another user's; "" when it says nothing."""
    asked = subprocess.run(["git", "status"], cwd=here, capture_output=True, text=True, check=False, errors="replace")
    return f" git says: {asked.stderr.strip().splitlines()[0]}" if asked.returncode and asked.stderr.strip() else ""


def _git(here: Path, *arguments: str) -> str | None:
    """Return what git says, None when it refuses. Raises NotFound without git."""
    try:
        found = subprocess.run(
            ["git", *arguments],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise NotFound("There is no git on this machine.", hint="Install git.") from error
    return None if found.returncode else found.stdout.strip()
