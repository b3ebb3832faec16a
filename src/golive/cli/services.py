"""`golive init` and the services that golive knows."""

from pathlib import Path
from typing import Any

import typer

from golive.cli.client import Client, Refused
from golive.cli.options import DRY_RUN, JSON
from golive.cli.output import data, line, say, table
from golive.kernel.config import parse_toml
from golive.kernel.problems import Conflict, NotFound, Problem
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import Manifest

MANIFEST = "golive.toml"
READ_AT_MOST = 400_000  # bytes of a file that detection looks into


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(init)
    app.command("services")(list_services)


def init(
    force: bool = typer.Option(False, "--force", help="Write over an existing golive.toml."),
    dry_run: bool = DRY_RUN,
) -> None:
    """Write golive.toml for the repository here.

    Example: golive init
    """
    from golive.ship.services.domain.detect import describe, find

    here = Path.cwd()
    target = here / MANIFEST
    if target.exists() and not force and not dry_run:
        raise Conflict(
            f"{target} is there already.",
            hint="Edit it, or write it anew with `golive init --force`.",
        )
    repository = _repository_of(here)
    if repository not in {None, here}:
        raise NotFound(
            f"{here} is not the root of its repository, and golive ships whole repositories.",
            hint=f"Run the command in {repository}, or make this folder a repository of its own by `git init`.",
        )
    files = _files(here)
    text = describe(here.name, files)
    parse_toml(Manifest, text, MANIFEST, also=idle_keys)
    if dry_run:
        line(text.rstrip())
        return
    target.write_text(text)
    line(text.rstrip())
    if find(files).todo:
        say(f"wrote {target}, but nothing here says how your app starts.")
        say("Put its command there, as web under [processes]. Commit it, then `golive deploy`")
    else:
        say(f"wrote {target}: is the above right? Commit it, then `golive deploy`")
    if repository is None:
        say("note: `golive deploy` ships commits, and this is no git repository yet: `git init`, then commit your work")


def list_services(json: bool = JSON) -> None:
    """List the services that golive knows.

    Example: golive services
    """
    found = Client().get("/services")
    if json:
        data(found)
        return
    table(
        ("service", "repository"),
        ((s["name"], s["repository"]) for s in found),
        empty="No service yet: `golive init` in the repository of your app, then `golive deploy`.",
    )


def manifest_here(here: Path) -> tuple[str, Manifest]:
    """Return text and meaning of ./golive.toml. Raises NotFound, ConfigInvalid."""
    path = here / MANIFEST
    if not path.exists():
        raise NotFound(f"There is no {MANIFEST} in {here}.", hint="Write one with `golive init`.")
    text = path.read_text(errors="replace")
    return text, parse_toml(Manifest, text, MANIFEST)


def chosen_service(name: str) -> str:
    """Return the service that was named, or the one of ./golive.toml."""
    return name or manifest_here(Path.cwd())[1].service


def service_here() -> str:
    """Return the service of ./golive.toml, "" without a readable one."""
    try:
        return manifest_here(Path.cwd())[1].service
    except Problem:
        return ""


def register_here(
    client: Client, here: Path, committed: str | None, repository: str, *, dry_run: bool
) -> dict[str, Any]:
    """Tell golive about the service in this directory, by golive.toml as committed where it is; returns the service.

    Its revisions come from `repository`, or from the directory itself.
    """
    text, manifest = _new_manifest(here, committed)
    if dry_run:
        return {"name": manifest.service}
    found: dict[str, Any] = client.post("/services", {"manifest": text, "repository": repository or str(here)})
    return found


def registered_there(client: Client, here: Path, committed: str | None) -> dict[str, Any]:
    """Return the service of this directory as a golive elsewhere has it, which cannot fetch from here.

    Raises NotFound with the way on when that golive does not know it.
    """
    name = _new_manifest(here, committed)[1].service
    try:
        found: dict[str, Any] = client.get(f"/services/{name}")
    except Refused as problem:
        if problem.status != NotFound.status:
            raise
        raise NotFound(
            f"The golive at {client.url} has no service {name}, and it cannot fetch from {here} of this machine.",
            hint="Say once from where it can: `golive deploy --repository https://git.example.com/shop.git`.",
        ) from problem
    if "://" not in found["repository"]:
        say(f"note: {name} is fetched from the folder {found['repository']} of golive's machine, so push there first")
    return found


def _new_manifest(here: Path, committed: str | None) -> tuple[str, Manifest]:
    text = manifest_here(here)[0] if committed is None else committed
    return text, parse_toml(Manifest, text, MANIFEST, also=idle_keys)


def _repository_of(here: Path) -> Path | None:
    """Return the root of the git repository that a folder is in, None outside of any."""
    return next((folder for folder in (here, *here.parents) if (folder / ".git").exists()), None)


def _files(here: Path) -> dict[str, str]:
    """Return the text files of the repository that detection may look at, by path."""
    skipped = {".git", ".venv", "venv", "node_modules", ".golive", "__pycache__"}
    found: dict[str, str] = {}
    for path in sorted(here.rglob("*")):
        relative = path.relative_to(here)
        if len(relative.parts) > 4 or skipped & set(relative.parts) or not path.is_file():
            continue
        small = path.stat().st_size <= READ_AT_MOST
        found[str(relative)] = path.read_text(errors="replace") if small else ""
        if len(found) > 5000:
            break
    return found
