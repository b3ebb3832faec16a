"""`golive work`: what golive tried until it gave up."""

import typer

from golive.cli.client import Client
from golive.cli.options import JSON
from golive.cli.output import data, line, table

work = typer.Typer(no_args_is_help=True, help="Work of golive itself that it gave up on.")
JOB = typer.Argument(..., metavar="ID", help="Of `golive work list`.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(work, name="work")


@work.command("list")
def list_given_up(json: bool = JSON) -> None:
    """List what golive gave up on, and what is missing without it.

    Example: golive work list
    """
    found = Client().get("/work/given-up")
    if json:
        data(found)
        return
    rows = ((w["id"], w["given_up_at"], w["means"], f"{w['kind']} {w['key']}", w["error"]) for w in found)
    table(("id", "given up", "what is missing", "work", "last failure"), rows, empty="golive gave up on nothing.")


@work.command()
def retry(job: str = JOB, json: bool = JSON) -> None:
    """Try it again, once the cause is gone.

    Example: golive work retry job_01kf3m2vq8
    """
    _act(job, "retry", json=json)


@work.command()
def forget(job: str = JOB, json: bool = JSON) -> None:
    """Never try it again.

    Example: golive work forget job_01kf3m2vq8
    """
    _act(job, "forget", json=json)


def _act(job: str, verb: str, *, json: bool) -> None:
    done = Client().post(f"/work/{job}/{verb}")
    data(done) if json else line(done["sentence"])
