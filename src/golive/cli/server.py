"""`golive up`, `down`, `login`, `audit`: the golive of this directory."""

import html
import signal
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from golive.cli.caller import only_here
from golive.cli.client import Client
from golive.cli.options import JSON
from golive.cli.output import data, line, say, table
from golive.kernel.config import settings
from golive.kernel.files import replace_file

if TYPE_CHECKING:  # the server is not loaded for what only calls it
    from golive.runtime.lifecycle import Started


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(up)
    app.command()(down)
    app.command()(login)
    app.command()(audit)


def up(
    foreground: bool = typer.Option(False, "--foreground", help="Stay until Ctrl-C or SIGTERM, then end everything."),
    json: bool = JSON,
) -> None:
    """Start golive in this directory.

    It runs on in the background: control room, edge, store, engine.

    Example: golive up
    """
    from golive.runtime import lifecycle

    only_here("golive up")
    if foreground:
        # How an init system and a container say Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _tell_started(lifecycle.up(settings(), say), json=json)
        while foreground:
            time.sleep(3600)  # noqa: TID251  the foreground only waits for Ctrl-C
    except KeyboardInterrupt:
        if not foreground:
            say("golive goes on starting in the background; `golive down` ends it")
            raise
        lifecycle.down(settings(), say)


def _tell_started(started: "Started", *, json: bool) -> None:
    if json:
        data({"url": started.url, "login_url": started.login_url, "seconds": round(started.seconds, 2)})
        return
    line(f"golive runs: {started.url}  (ready after {started.seconds:.1f} s)")
    line(f"log in once: {started.login_url}")
    say("next: `golive init` in the repository of your app, then `golive deploy`")


def down(json: bool = JSON) -> None:
    """Stop golive and everything it serves.

    Visitors get no answer until `golive up`, which starts the same releases again: state and data stay.

    Example: golive down
    """
    from golive.runtime import lifecycle

    only_here("golive down")
    count = lifecycle.down(settings(), say)
    if json:
        data({"ended": count})
    else:
        line(f"ended {count} processes" if count else "golive was not running here")


def login(
    link: bool = typer.Option(False, "--link", help="Only print the link, do not open a browser."),
    person: str = typer.Option("", "--person", help="For whom; empty: for the owner of this machine's token."),
    json: bool = JSON,
) -> None:
    """Open the control room by a one-time link.

    With GOLIVE_SERVER it only prints the link.

    Example: golive login --link
    """
    client = Client()
    email = person or client.get("/me")["email"]
    url = client.url + client.post(f"/people/{email}/login-link")["path"]
    if json:
        data({"url": url})
        return
    line(url)
    if not link and not client.is_elsewhere:
        webbrowser.open(_page_to(url, client.run / "login.html").as_uri())


def _page_to(url: str, page: Path) -> Path:
    """Write a page that leads to `url`, for its owner's eyes: the arguments of a browser are for everybody's."""
    address = html.escape(url)
    page.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = f'<meta http-equiv="refresh" content="0; url={address}"><a href="{address}">Open the control room</a>'
    replace_file(page, f"<!doctype html><title>golive</title>{words}")
    return page


def audit(
    verify: bool = typer.Option(False, "--verify", help="Walk the whole chain and say whether it holds."),
    limit: int = typer.Option(50, help="How many of the newest entries."),
    json: bool = JSON,
) -> None:
    """Show who did what.

    Example: golive audit --verify
    """
    client = Client()
    if verify:
        found = client.get("/audit/verify")
        data(found) if json else line(found["sentence"])
        if not found["holds"]:
            raise typer.Exit(1)
        return
    entries = client.get("/audit", limit=limit)
    if json:
        data(entries)
        return
    table(
        ("when", "who", "what", "on"),
        ((e["at"], e["actor"], e["action"], e["subject"]) for e in entries),
        empty="Nothing happened yet.",
    )
