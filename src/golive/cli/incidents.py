"""`golive incidents` and the verbs of an incident."""

import typer

from golive.cli.client import Client
from golive.cli.options import JSON
from golive.cli.output import data, line, table


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("incidents")(list_incidents)
    app.command()(ack)
    app.command()(resolve)


def list_incidents(all_: bool = typer.Option(False, "--all", help="Resolved ones too."), json: bool = JSON) -> None:
    """List incidents that are open.

    Example: golive incidents --all
    """
    found = Client().get("/incidents", open=None if all_ else True)
    if json:
        data(found)
        return
    table(
        ("incident", "severity", "state", "since", "what"),
        ((i["number"], i["severity"], i["state"], i["opened_at"], i["title"]) for i in found),
        empty="No open incident.",
    )


def ack(incident: int = typer.Argument(..., help="Number of the incident."), json: bool = JSON) -> None:
    """Acknowledge an incident: paging stops, it is yours.

    Example: golive ack 12
    """
    found = Client().post(f"/incidents/{incident}/ack")
    data(found) if json else line(f"incident {incident}: {found['state'].lower()}")


def resolve(
    incident: int = typer.Argument(..., help="Number of the incident."),
    note: str = typer.Option("", "--note", "-m", help="What it was."),
    json: bool = JSON,
) -> None:
    """Resolve an incident.

    Example: golive resolve 12 -m "coupon parser fixed in 1.4.3"
    """
    found = Client().post(f"/incidents/{incident}/resolve", {"sentence": note})
    data(found) if json else line(f"incident {incident}: {found['state'].lower()}")
