"""golive.toml for a repository that has none: what it is, how it is built, what it keeps.

What nobody recognises gets a command that fails in words. To serve its files would publish its source.
"""

import re
import shlex
from dataclasses import replace

from golive.ship.services.domain import node_apps, projects, public_apps, python_apps
from golive.ship.services.domain.findings import SERVE_FILES, Files, Findings, service_name, write
from golive.ship.services.domain.shell import fails
from golive.ship.services.domain.traces import sqlite_files, upload_folders

_PROCFILE = re.compile(r"^([A-Za-z][A-Za-z0-9_-]*)\s*:\s*(\S.*)$", re.M)
_SCRIPTS = ("start.sh", "run.sh", "serve.sh", "bin/start", "bin/serve")
_PROGRAMS = ("app.py", "main.py", "server.py", "run.py", "wsgi.py")
_PAGES = ("index.html", "public/index.html", "dist/index.html")
_STATIC = re.compile(  # what a folder of pages holds; anything else may be the source of an app
    r"\.(html?|css|m?js|map|json|xml|txt|md|webmanifest|svg|png|jpe?g|gif|webp|avif|ico|pdf|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wasm)$"
    r"|(^|/)(LICEN[CS]E|CNAME|_headers|_redirects|golive\.toml|\.nojekyll|\.gitignore|\.gitattributes|\.editorconfig)$"
    r"|^\.github/",
    re.I,
)
TODO = "Put here the command that starts your app, so that it listens on 127.0.0.1:$PORT."
UNKNOWN = "golive.toml does not say yet how this app starts: put its command there, as web under [processes]"


def describe(folder: str, files: Files) -> str:
    """Return golive.toml (at most 25 lines) for the files of a repository, by path; `folder` gives the name.

    Files that need not be read (large or binary ones) may have an empty text.
    """
    return write(service_name(folder), find(files))


def find(files: Files) -> Findings:
    """Return what the repository holds: Procfile, Python, a public app by name, Node, a plain command, or pages alone."""
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
        build = projects.build_commands(files, "", "gunicorn")
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
        build=projects.build_commands(files, "") if projects.is_project(files) else (),
        keep=databases + upload_folders(files),
        sqlite=databases[0] if databases else "",
    )
    script = next((name for name in _SCRIPTS if name in files), "")
    program = next((name for name in _PROGRAMS if name in files), "")
    if script:
        return replace(base, processes={"web": f"sh {script}"})
    if program:
        return replace(base, processes={"web": f"python {program}"})
    page = next((path for path in _PAGES if path in files), "")
    if page and all(_STATIC.search(path) for path in files) and "package.json" not in files:
        folder = page.rpartition("/")[0] or "."
        return replace(base, kind="folder of static files", processes={"web": SERVE_FILES.format(folder=folder)})
    return replace(base, kind="app of unknown kind", processes={"web": fails(UNKNOWN)}, todo=TODO)
