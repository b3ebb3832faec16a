"""golive.toml for a repository that has none: what it is, how it is built, what it keeps."""

import re
import shlex
from dataclasses import replace

from golive.ship.services.domain import node_apps, public_apps, python_apps
from golive.ship.services.domain.findings import Files, Findings, service_name, write
from golive.ship.services.domain.traces import sqlite_files, upload_folders

_PROCFILE = re.compile(r"^([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(\S.*)$", re.M)
_SCRIPTS = ("start.sh", "run.sh", "serve.sh", "bin/start", "bin/serve")
_PROGRAMS = ("app.py", "main.py", "server.py", "run.py", "wsgi.py")


def describe(folder: str, files: Files) -> str:
    """Return golive.toml (at most 25 lines) for the files of a repository, by path; `folder` gives the name.

    Files that need not be read (large or binary ones) may have an empty text.
    """
    return write(service_name(folder), find(files))


def find(files: Files) -> Findings:
    """Return what the repository holds: Procfile, Django, ASGI, Flask, WSGI, a public app by name, Node, or a plain command."""
    app = python_apps.find(files) or public_apps.find(files) or node_apps.find(files)
    if app and not all(_runs(command) for command in app.processes.values()):
        app = None
    declared = _procfile(files)
    if declared:
        return _with_procfile(files, app, declared)
    return app or _plain(files)


def _runs(command: str) -> bool:
    """Say whether a command could be one: somebody else's file may hold anything."""
    try:
        return len(command) < 2000 and command.isprintable() and bool(shlex.split(command))
    except ValueError:
        return False


def _procfile(files: Files) -> dict[str, str]:
    found = dict(_PROCFILE.findall(files.get("Procfile", "")))
    return {name.lower().replace("_", "-")[:40]: command.strip() for name, command in found.items() if _runs(command)}


def _with_procfile(files: Files, app: Findings | None, declared: dict[str, str]) -> Findings:
    """Take the commands from the Procfile, everything else from what the app is."""
    base = app or _plain(files)
    if "web" in declared:
        base = replace(base, todo="")
    migrate = declared.pop("release", "") or base.migrate
    declared = {"web": base.processes["web"], **declared}
    web = declared["web"]
    build = base.build
    if web.startswith("gunicorn") and not any("gunicorn" in line for line in build):
        build = python_apps.build_commands(files, "", "gunicorn")
    order = sorted(declared, key=lambda name: name != "web")
    kind = base.kind if app else "Procfile app"
    return replace(
        base,
        kind=kind,
        processes={name: declared[name] for name in order},
        migrate=migrate,
        build=build,
    )


def _plain(files: Files) -> Findings:
    databases = sqlite_files(files)
    base = Findings(
        kind="plain command",
        processes={},
        build=python_apps.build_commands(files, "") if _has_python_project(files) else (),
        keep=databases + upload_folders(files),
        sqlite=databases[0] if databases else "",
    )
    script = next((name for name in _SCRIPTS if name in files), "")
    program = next((name for name in _PROGRAMS if name in files), "")
    if script:
        return replace(base, processes={"web": f"sh {script}"})
    if program:
        return replace(base, processes={"web": f"python {program}"})
    page = next((p for p in ("index.html", "public/index.html", "dist/index.html") if p in files), "")
    where = page.rpartition("/")[0] or "."
    serve = f"python -m http.server $PORT --bind 127.0.0.1 --directory {where}"
    if page:
        return replace(base, kind="folder of static files", processes={"web": serve})
    return replace(
        base,
        processes={"web": serve},
        todo="Put here the command that starts your app; this one only serves its files.",
    )


def _has_python_project(files: Files) -> bool:
    return any(name in files for name in ("requirements.txt", "pyproject.toml", "uv.lock", "setup.py"))
