"""Detection of Node web apps by package.json, at the top or one folder down."""

import json
import re
from dataclasses import replace
from typing import Any

from golive.ship.services.domain import public_apps
from golive.ship.services.domain.findings import SERVE_FILES, Files, Findings
from golive.ship.services.domain.shell import cd, run_in
from golive.ship.services.domain.traces import sqlite_files, upload_folders

_FOLDERS = ("", "server", "backend", "api", "app")  # others hold pages rather than what answers
_PROGRAMS = ("server.js", "app.js", "index.js", "server.mjs", "src/index.js", "src/server.js")
_RUNTIMES = {"node", "npm", "npx", "yarn", "pnpm", "bun", "deno", "python"}
_ONE_PROGRAM = re.compile(r"([\w./-]+)(?: [\w./:@,=$-]+)*")


def find(files: Files) -> Findings | None:
    """Return how a Node app is built and started, None when nothing says how."""
    found = ((folder, _app(_within(files, folder))) for folder in _FOLDERS)
    return next((_moved(app, folder) for folder, app in found if app), None)


def _within(files: Files, folder: str) -> Files:
    if not folder:
        return files
    return {path.removeprefix(f"{folder}/"): text for path, text in files.items() if path.startswith(f"{folder}/")}


def _moved(app: Findings, folder: str) -> Findings:
    """Return what was found in a folder as seen from the top."""
    if not folder:
        return app
    return replace(
        app,
        processes={name: run_in(folder, _local(command)) for name, command in app.processes.items()},
        build=tuple(cd(folder, command) for command in app.build),
        keep=tuple(f"{folder}/{path}" for path in app.keep),
        sqlite=app.sqlite and f"{folder}/{app.sqlite}",
        migrate=app.migrate and run_in(folder, app.migrate),
        gates=tuple((name, run_in(folder, command)) for name, command in app.gates),
    )


def _local(command: str) -> str:
    """Return a start command of a folder whose node_modules are on nobody's path."""
    one = _ONE_PROGRAM.fullmatch(command)
    if one is None:
        return "npm start"
    return command if one[1] in _RUNTIMES else f"node_modules/.bin/{command}"


def _app(files: Files) -> Findings | None:
    if "package.json" not in files:
        return _program(files)
    package = _package(files)
    scripts = {str(k): str(v) for k, v in _table(package, "scripts").items()}
    start = scripts.get("start") or _main(files, package) or _built(files, scripts)
    if not start:
        return None
    databases = sqlite_files(files)
    tested = "test" in scripts and "no test specified" not in scripts["test"]
    return public_apps.listening(
        Findings(
            kind="Node app",
            processes={"web": start},
            build=_install(files) + (("npm run build",) if "build" in scripts else ()),
            keep=databases + upload_folders(files),
            sqlite=databases[0] if databases else "",
            migrate="npx prisma migrate deploy" if "prisma/schema.prisma" in files else "",
            gates=(("tests", "npm test"),) if tested else (),
        )
    )


def _program(files: Files) -> Findings | None:
    """Return what a lone program is that needs no package."""
    name = next((name for name in _PROGRAMS if ".listen(" in files.get(name, "")), "")
    if not name:
        return None
    databases = sqlite_files(files)
    return Findings(
        kind="Node app",
        processes={"web": f"node {name}"},
        keep=databases + upload_folders(files),
        sqlite=databases[0] if databases else "",
    )


def _built(files: Files, scripts: dict[str, str]) -> str:
    """Return how the pages are served that Vite builds, where it says no other folder for them."""
    elsewhere = any("outDir" in text for path, text in files.items() if path.startswith("vite.config."))
    pages = "index.html" in files and "vite build" in scripts.get("build", "") and not elsewhere
    return SERVE_FILES.format(folder="dist") if pages else ""


def _package(files: Files) -> dict[str, Any]:
    try:
        found = json.loads(files["package.json"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _table(package: dict[str, Any], name: str) -> dict[str, Any]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}


def _main(files: Files, package: dict[str, Any]) -> str:
    candidates = (str(package.get("main", "")), *_PROGRAMS)
    found = next((name for name in candidates if name in files), "")
    return f"node {found}" if found else ""


def _install(files: Files) -> tuple[str, ...]:
    if "package-lock.json" in files or "npm-shrinkwrap.json" in files:
        return ("npm ci",)
    if "pnpm-lock.yaml" in files:
        return ("pnpm install --frozen-lockfile",)
    if "yarn.lock" in files:
        return ("yarn install --frozen-lockfile",)
    return ("npm install --no-audit",)
