"""Options that many commands share."""

import typer

JSON = typer.Option(False, "--json", help="Print JSON in the API's own shape.")
DRY_RUN = typer.Option(False, "--dry-run", help="Say what would happen, do nothing.")
YES = typer.Option(False, "--yes", "-y", help="Do not ask.")
RELEASE = typer.Argument(..., help="Id, version or revision; the id when several services have that version.")
ENVIRONMENT = typer.Option("production", "--environment", "-e", help="Where.")
SERVICE = typer.Option("", "--service", "-s", help="Name of the service; empty: the one of ./golive.toml.")
