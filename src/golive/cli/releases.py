"""`golive status`, `releases`, `show` and `logs`: look at releases."""

import time
from typing import Any

import typer

from golive.cli.client import Client
from golive.cli.options import JSON, RELEASE, SERVICE
from golive.cli.output import data, line, lines, say, table
from golive.cli.services import chosen_service, service_here
from golive.kernel.problems import Conflict, NotFound
from golive.ship.releases.domain.states import CLOSED

DOOR = {"golive": "public door of the control room"}
DATABASES = (".sqlite3", ".sqlite", ".db")
SHOWN = 3  # files that a note names
POLL = 0.5  # seconds between looks at something that is being followed


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(status)
    app.command("releases")(list_releases)
    app.command()(show)
    app.command()(logs)


def status(json: bool = JSON) -> None:
    """Show what serves where and what moves.

    Example: golive status
    """
    client = Client()
    sites = client.get("/sites")
    moving = [r for r in client.get("/releases", open=True) if r["state"] not in CLOSED]
    certificates = client.get("/certificates")
    if json:
        data({"sites": sites, "releases": moving, "certificates": certificates})
        return
    table(
        ("site", "serves", "split", "address"),
        ((s["id"], s["serving"] or "nothing yet", s["sentence"], s["url"]) for s in sites),
        empty="No service yet: `golive init` in the repository of your app, then `golive deploy`.",
    )
    for certificate in certificates:
        if certificate["warning"]:
            line(f"{DOOR.get(certificate['site'], certificate['site'])}: {certificate['warning']}")
    for release in moving:
        line(f"{release['service']} {release['version']}: {first_line(release['sentence'])}")
        tell_next(release)


def list_releases(
    service: str = typer.Option("", "--service", "-s", help="Only this service."),
    limit: int = typer.Option(20, help="How many."),
    json: bool = JSON,
) -> None:
    """List releases, newest first.

    Example: golive releases --limit 5
    """
    found = Client().get("/releases", service=service or None, limit=limit)
    if json:
        data(found)
        return
    table(
        ("version", "service", "state", "id", "what"),
        ((r["version"], r["service"], r["state"], r["id"], first_line(r["sentence"])) for r in found),
        empty="No release yet: `golive deploy` in the repository of your app.",
    )


def show(
    release: str = RELEASE,
    head: str = typer.Option("", help="Say instead whether its record still holds this head, from a message about it."),
    json: bool = JSON,
) -> None:
    """Show one release: its way, its gates, where to read on.

    Example: golive show 1.4.2
    """
    client = Client()
    found = client.get(f"/releases/{resolve(client, release)}")
    if head:
        _check(client.get(f"/releases/{found['id']}/record"), head, json=json)
        return
    if json:
        data(found)
        return
    line(f"{found['service']} {found['version']} ({found['state']}): {found['subject']}")
    line(found["sentence"])
    tell_next(found)
    table(
        ("state", "at", "what"),
        ((step["state"], step["at"] or "", first_line(step["sentence"])) for step in found["rail"] if step["at"]),
        empty="It has not begun.",
    )
    gates = client.get("/gates", release=found["id"])
    if gates:
        line("")
        table(
            ("gate", "state", "seconds", "what"),
            ((g["name"], g["state"], f"{g['seconds']:.1f}", g["why"] or g["summary"]) for g in gates),
            empty="",
        )
    tell_lost(found)
    say(f"all of it: {client.url}/releases/{found['id']}")


def _check(record: dict[str, Any], head: str, *, json: bool) -> None:
    """Look for a head in a record; raises Exit(1) when the record does not hold it, or does not fit together."""
    entries = record["entries"]
    at = next((entry["seq"] for entry in entries if entry["hash"] == head.lower()), None)
    holds = record["holds"] and at is not None
    if json:
        data({"holds": holds, "entry": at, "entries": len(entries)})
    elif holds:
        line(f"The record holds it: entry {at} of {len(entries)}, and all entries fit.")
    elif at is None:
        line("The record does not hold it: what that message was about has been changed since.")
    else:
        line(f"Entry {record['broken_at']} of the record does not fit the one before it.")
    if not holds:
        raise typer.Exit(1)


def logs(
    release: str = typer.Argument("", help="Id or version; empty: what serves now."),
    service: str = SERVICE,
    text: str = typer.Option("", "--grep", help="Only lines with this text."),
    limit: int = typer.Option(100, help="How many lines."),
    follow: bool = typer.Option(False, "--follow", "-f", help="Go on with new lines."),
    json: bool = JSON,
) -> None:
    """Show the output of a service or release.

    With --json a list; with --json --follow one object per line.

    Example: golive logs --grep KeyError
    """
    client = Client()
    query: dict[str, Any] = {"service": chosen_service(service), "q": text or None, "limit": limit}
    if release:
        query["release"] = resolve(client, release, query["service"])
    seen = ""
    while True:
        page = client.get("/logs", **query, since=seen or None)
        found = page["lines"]
        if json:
            lines(found) if follow else data(found)
        else:
            for one in found:
                line(f"{one['at']} {one['severity']:5} {one['version']} {one['body']}")
            if not found and not seen and not follow:
                say("No line yet; what the app prints arrives within seconds.")
        seen = page["cursor"] or seen
        if not follow:
            return
        time.sleep(POLL)  # noqa: TID251  the tail of a log is a poll


def tell_next(release: dict[str, Any]) -> None:
    """Say what a release waits for, and what a person may type."""
    if release["waits_for"]:
        line(f"  {release['waits_for']}")
    width = max((len(one["text"]) for one in release["commands"]), default=0)
    for one in release["commands"]:
        line(f"  {one['text']:{width}}  {one['does']}")


def tell_lost(release: dict[str, Any]) -> None:
    """Say what the app writes where it is lost, databases first, and what to do about it."""
    found = release["facts"].get("elsewhere")
    if not found:
        return
    files = sorted(found["files"], key=lambda name: not name.endswith(DATABASES))[:SHOWN]
    more = f" and {found['count'] - len(files)} more" if found["count"] > len(files) else ""
    say(
        f"note: written in {found['environment']} outside of `keep` and lost with the next release: "
        f"{', '.join(files)}{more}; add what has to stay to `keep` in golive.toml"
    )


def first_line(text: str) -> str:
    """Return the beginning of a text for a list."""
    return text.partition("\n")[0]


def resolve(client: Client, name: str, service: str = "") -> str:
    """Return the id of a release named by id, by version, or by revision (the newest of that revision).

    Several services may have a version of that name: then it is the one of `service`, or else of ./golive.toml.
    Raises NotFound, Conflict when it is of several and of neither.
    """
    if name.startswith("rel_"):
        return name
    known = client.get("/releases", limit=200)
    found = [one for one in known if one["version"] == name] or [
        one for one in known if one["revision"].startswith(name)
    ]
    newest = {one["service"]: str(one["id"]) for one in reversed(found)}
    if not newest:
        raise NotFound(f"There is no release {name}.", hint="`golive releases` lists them.")
    if len(newest) == 1 and not service:
        return next(iter(newest.values()))
    mine = service or service_here()
    if mine in newest:
        return newest[mine]
    if service:
        raise NotFound(f"{service} has no release {name}.", hint=f"`golive releases -s {service}` lists them.")
    raise Conflict(
        f"{', '.join(sorted(newest))} each have a release {name}.",
        hint="Name it by its id: " + ", ".join(f"{newest[one]} ({one})" for one in sorted(newest)) + ".",
    )
