"""The `golive` command: the daily loop as short verbs, everything else as nouns with verbs."""

import platform
import sys
from importlib import metadata

import typer

from golive.cli import backups, deploy, incidents, jobs, people, releases, run, server, services, verbs
from golive.cli.output import fail, line
from golive.kernel import log
from golive.kernel.problems import Problem

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Takes a web app to production and keeps it there: ships, watches, responds and proves.",
    epilog="Every command has --help and an example. Reference: docs/reference/cli.md",
)
for module in (server, services, deploy, releases, run, verbs, incidents, backups, people, jobs):
    module.register(app)


def _tell_version(asked: bool) -> None:
    if asked:
        line(f"golive {metadata.version('golive')} on Python {platform.python_version()}")
        raise typer.Exit


@app.callback()
def whole(
    version: bool = typer.Option(
        False, "--version", help="Say which golive this is.", is_eager=True, callback=_tell_version
    ),
) -> None:
    """Options before any command; what golive is stands above, where its help is."""


def main() -> None:
    """Run the command line; a Problem becomes three lines and its exit code."""
    log.configure()
    try:
        # The exit code of typer.Exit and of Ctrl-C is what comes back.
        sys.exit(app(prog_name="golive", standalone_mode=False) or 0)
    except Problem as problem:
        sys.exit(fail(problem).exit_code)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        sys.exit(getattr(error, "exit_code", 2))


if __name__ == "__main__":
    main()
