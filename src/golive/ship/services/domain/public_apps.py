"""Public apps that a repository only names and configures: their own documentation says how they start."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from golive.ship.services.domain.findings import Files, Findings
from golive.ship.services.domain.projects import build_commands, has
from golive.ship.services.domain.traces import sqlite_files

_FIXED_PLACE = re.compile(r"\s+(?:--(?:port|host|hostname|address|listen)|-[pPaHl])(?:[= ]\S+)(?=\s|$)")


@dataclass(frozen=True)
class PublicApp:
    """How one is started and which files it writes, both from the repository's files."""

    kind: str
    serve: Callable[[Files], str]
    keep: Callable[[Files], tuple[str, ...]]
    migrate: str = ""
    needs: tuple[str, ...] = ()


def _gunicorn(app: str) -> str:
    return f"gunicorn {app} --bind 127.0.0.1:$PORT --threads 8"


def _datasette(files: Files) -> str:
    options = [
        f" {option} {place.rstrip('/')}"
        for option, place in (
            ("--metadata", "metadata.json"),
            ("--plugins-dir", "plugins/"),
            ("--template-dir", "templates/"),
        )
        if any(path.startswith(place) for path in files)
    ]
    served = f"{' '.join(_datasette_files(files))} --create{''.join(options)}"
    return f"datasette serve {served} --host 127.0.0.1 --port $PORT"


def _datasette_files(files: Files) -> tuple[str, ...]:
    here = (path for path in sorted(files) if re.fullmatch(r"[\w.-]+\.db", path))
    return tuple(here) or ("data.db",)


def _isso(files: Files) -> str:
    settings = (path for path in sorted(files) if re.fullmatch(r"\w*isso\w*\.(cfg|ini|conf)", path))
    return f"ISSO_SETTINGS={next(settings, 'isso.cfg')} {_gunicorn('isso.run')}"


PYTHON = {
    "bugsink": PublicApp(
        "Bugsink (Django) app",
        lambda _files: _gunicorn("bugsink.wsgi"),
        lambda _files: ("db.sqlite3", "snappea.sqlite3"),
        "bugsink-manage migrate --noinput && bugsink-manage migrate snappea --database=snappea --noinput",
        ("gunicorn",),
    ),
    "datasette": PublicApp("Datasette (ASGI) app", _datasette, _datasette_files),
    "isso": PublicApp("Isso (WSGI) app", _isso, sqlite_files, needs=("gunicorn",)),
    "pypiserver": PublicApp(
        "pypiserver (WSGI) app",
        lambda _files: "pypi-server run --interface 127.0.0.1 --port $PORT packages",
        lambda _files: ("packages/",),
    ),
}


@dataclass(frozen=True)
class NodeServer:
    """A Node program that takes its port as an option.

    `data` finds the file that it holds in memory and writes anew: such a file moves into a folder, for a file that is
    replaced by another cannot be linked.
    """

    listen: str
    data: str = ""


NODE = {
    "json-server": NodeServer("--host 127.0.0.1 --port $PORT", r"\s([\w-]+\.json)\b"),
    "http-server": NodeServer("-a 127.0.0.1 -p $PORT"),
    "serve": NodeServer("-l tcp://127.0.0.1:$PORT"),
    "verdaccio": NodeServer("--listen 127.0.0.1:$PORT"),
    "next start": NodeServer("-H 127.0.0.1 -p $PORT"),
    "vite preview": NodeServer("--host 127.0.0.1 --port $PORT"),
}


def find(files: Files) -> Findings | None:
    """Return how the public Python app is started that the repository names, None when it names none that is known."""
    app = next((app for name, app in PYTHON.items() if has(files, name)), None)
    if app is None:
        return None
    keep = app.keep(files)
    return Findings(
        kind=app.kind,
        processes={"web": app.serve(files)},
        build=build_commands(files, "", *app.needs),
        keep=keep,
        sqlite=next((path for path in keep if not path.endswith("/")), ""),
        migrate=app.migrate,
    )


def listening(found: Findings) -> Findings:
    """Return findings whose known Node server listens on $PORT, whatever its start script says."""
    command = found.processes["web"]
    name = next((name for name in NODE if f"{command} ".startswith(f"{name} ")), "")
    if not name or "$PORT" in command:
        return found
    server = NODE[name]
    start = f"{_FIXED_PLACE.sub('', command)} {server.listen}"
    written = re.search(server.data, start) if server.data else None
    if written is None:
        return replace(found, processes={**found.processes, "web": start})
    file = written[1]
    return replace(
        found,
        processes={**found.processes, "web": start.replace(f" {file}", f" data/{file}", 1)},
        build=(*found.build, f"mkdir -p data && cp {file} data/"),
        keep=("data/", *found.keep),
        alone=True,
    )
