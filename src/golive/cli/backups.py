"""`golive backup list|create|restore`."""

import typer

from golive.cli.client import UNHURRIED, Client
from golive.cli.options import ENVIRONMENT, JSON, SERVICE, YES
from golive.cli.output import confirm, data, line, say, table
from golive.cli.services import chosen_service

group = typer.Typer(no_args_is_help=True, help="Backups of a database, each proven by a restore.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(group, name="backup")


@group.command("list")
def list_backups(service: str = SERVICE, json: bool = JSON) -> None:
    """List backups, newest first.

    Example: golive backup list
    """
    found = Client().get("/backups", service=chosen_service(service))
    if json:
        data(found)
        return
    table(
        ("backup", "environment", "taken", "bytes", "proof", "why"),
        ((b["id"], b["environment"], b["created_at"], b["size"], b["proof"], b["reason"]) for b in found),
        empty="No backup yet; one is taken before each release, or now by `golive backup create`.",
    )


@group.command("create")
def create(
    service: str = SERVICE,
    environment: str = ENVIRONMENT,
    json: bool = JSON,
) -> None:
    """Take a backup now and prove that it can be restored.

    Example: golive backup create
    """
    body = {"service": chosen_service(service), "environment": environment}
    found = Client().post("/backups", body, timeout=UNHURRIED)
    data(found) if json else line(f"{found['id']}  {found['size']} bytes, {found['proof']}")


@group.command("restore")
def restore(
    backup: str = typer.Argument(..., help="Id of the backup."),
    force: bool = typer.Option(False, "--force", help="Even while replicas run."),
    yes: bool = YES,
    json: bool = JSON,
) -> None:
    """Put a backup in the place of the live database.

    The present database is backed up first; one that is ruined is copied as it is.

    Example: golive backup restore bak_01k…
    """
    say(f"This replaces the live database by {backup}; the present one is backed up first.")
    confirm("Restore it?", yes=yes)
    found = Client().post(f"/backups/{backup}/restore", {"force": force}, timeout=UNHURRIED)
    data(found) if json else line(f"restored {backup}")
    if found["aside"]:
        say(f"note: what was there could not be read any more; a copy of it lies in {found['aside']}")
