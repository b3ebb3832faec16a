"""`golive jobs`: what golive tried until it gave up."""

import typer

from golive.cli.client import Client
from golive.cli.options import JSON
from golive.cli.output import data, line, table

jobs = typer.Typer(no_args_is_help=True, help="Jobs of golive itself that it gave up on.")
JOB = typer.Argument(..., metavar="ID", help="Of `golive jobs list`.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(jobs, name="jobs")


@jobs.command("list")
def list_given_up(json: bool = JSON) -> None:
    """List what golive gave up on, and what is missing without it.

    Example: golive jobs list
    """
    found = Client().get("/jobs/given-up")
    if json:
        data(found)
        return
    rows = ((w["id"], w["given_up_at"], w["means"], f"{w['kind']} {w['key']}", w["error"]) for w in found)
    table(("id", "given up", "what is missing", "job", "last failure"), rows, empty="golive gave up on nothing.")


@jobs.command()
def retry(job: str = JOB, json: bool = JSON) -> None:
    """Try it again, once the cause is gone.

    Example: golive jobs retry job_01kf3m2vq8
    """
    _act(job, "retry", json=json)


@jobs.command()
def forget(job: str = JOB, json: bool = JSON) -> None:
    """Never try it again.

    Example: golive jobs forget job_01kf3m2vq8
    """
    _act(job, "forget", json=json)


def _act(job: str, verb: str, *, json: bool) -> None:
    done = Client().post(f"/jobs/{job}/{verb}")
    data(done) if json else line(done["sentence"])
