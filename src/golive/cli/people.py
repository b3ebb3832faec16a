"""`golive people` and `golive token`."""

from typing import Any

import typer

from golive.cli.client import Client
from golive.cli.options import JSON
from golive.cli.output import data, line, say, table

people = typer.Typer(no_args_is_help=True, help="Who may log in.")
token = typer.Typer(no_args_is_help=True, help="Credentials of the API.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(people, name="people")
    app.add_typer(token, name="token")


@people.command("list")
def list_people(json: bool = JSON) -> None:
    """List everyone who may log in.

    Example: golive people list
    """
    found = Client().get("/people")
    if json:
        data(found)
        return
    rows = ((p["email"], p["name"], p["role"], "" if p["active"] else "inactive") for p in found)
    table(("e-mail", "name", "role", ""), rows, empty="Nobody.")


@people.command("add")
def add_person(
    email: str = typer.Argument(..., help="E-mail address."),
    name: str = typer.Option("", help="Full name."),
    role: str = typer.Option("viewer", help="viewer, operator, approver or admin."),
    json: bool = JSON,
) -> None:
    """Add a person and print the link for their first login.

    Example: golive people add mira@example.com --role approver
    """
    client = Client()
    person = client.post("/people", {"email": email, "name": name, "role": role})
    link = client.url + client.post(f"/people/{email}/login-link")["path"]
    if json:
        data({**person, "login_url": link})
    else:
        line(link)
        say("this link logs them in once, within 30 minutes")


@people.command("change")
def change_person(
    email: str = typer.Argument(..., help="E-mail address."),
    role: str = typer.Option("", help="viewer, operator, approver or admin."),
    deactivate: bool = typer.Option(False, "--deactivate", help="They can no longer come in."),
    activate: bool = typer.Option(False, "--activate", help="They can come in again."),
    json: bool = JSON,
) -> None:
    """Change the role or the standing of a person.

    Example: golive people change mira@example.com --role operator
    """
    body: dict[str, Any] = {"role": role} if role else {}
    if activate or deactivate:
        body["active"] = activate
    found = Client().call("PATCH", f"/people/{email}", json=body)
    data(found) if json else line(f"{found['email']}: {found['role']}{'' if found['active'] else ', inactive'}")


@token.command("create")
def create_token(
    name: str = typer.Argument(..., help="What it is for."),
    person: str = typer.Option("", "--person", help="Whose; empty: your own."),
    days: int | None = typer.Option(None, help="How long it holds; empty: until revoked."),
    json: bool = JSON,
) -> None:
    """Make a token; its secret is printed this once.

    Example: golive token create "GitHub Actions" --days 90
    """
    made = Client().post("/tokens", {"name": name, "person": person, "days": days})
    data(made) if json else line(made["token"])


@token.command("list")
def list_tokens(json: bool = JSON) -> None:
    """List tokens, never their secrets.

    Example: golive token list
    """
    found = Client().get("/tokens")
    if json:
        data(found)
        return
    rows = (
        (
            t["id"],
            t["name"],
            t["person"],
            t["last_used_at"] or "never",
            "revoked" if t["revoked_at"] else "",
        )
        for t in found
    )
    table(("id", "name", "person", "last used", ""), rows, empty="No token.")


@token.command("revoke")
def revoke_token(
    token_id: int = typer.Argument(..., metavar="ID", help="Of `golive token list`."),
) -> None:
    """Make a token useless from now on.

    Example: golive token revoke 3
    """
    Client().call("DELETE", f"/tokens/{token_id}")
    line(f"revoked {token_id}")
