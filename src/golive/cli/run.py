"""`golive run`: one command in what is live."""

import typer

from golive.cli.caller import only_here
from golive.cli.client import Client
from golive.cli.options import ENVIRONMENT, SERVICE
from golive.cli.output import say
from golive.cli.services import chosen_service
from golive.kernel.problems import Problem


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    # What follows the program is the program's, also what looks like an option.
    app.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})(run)


def run(
    command: list[str] = typer.Argument(..., help="Program and arguments, after `--`."),
    service: str = SERVICE,
    environment: str = ENVIRONMENT,
) -> None:
    """Run one command in what is live, on this terminal.

    In the files and with the data, variables and secrets of the release that serves; its exit code is passed on. The
    audit log keeps who ran it and the whole command: hand passwords over by a prompt.

    Example: golive run -- python manage.py createsuperuser
    """
    from golive.runtime import terminal

    only_here("golive run")
    client, name = Client(), chosen_service(service)
    begun = client.post(f"/services/{name}/{environment}/runs", {"command": command})
    say(f"in {name} {begun['version']} of {environment}")
    code = 1
    try:
        code = terminal.attach(command, *terminal.surroundings(begun["release"], environment))
    except Problem as problem:
        code = problem.exit_code
        raise
    finally:
        _note_end(client, begun["id"], code)
    raise typer.Exit(code)


def _note_end(client: Client, run_id: str, code: int) -> None:
    """Have the end written down; the command's own exit code counts, also when nobody can."""
    try:
        client.post(f"/runs/{run_id}/end", {"exit_code": code})
    except Problem as problem:
        say(f"note: the audit log does not know that it ended. {problem.detail}")
