"""Detection of Node web apps by package.json."""

import json
from typing import Any

from golive.ship.services.domain import public_apps
from golive.ship.services.domain.findings import Files, Findings
from golive.ship.services.domain.traces import sqlite_files, upload_folders


def find(files: Files) -> Findings | None:
    """Return how a Node app is built and started, None when nothing says how."""
    package = _package(files)
    scripts = {str(k): str(v) for k, v in _table(package, "scripts").items()}
    start = scripts.get("start") or _main(files, package)
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


def _package(files: Files) -> dict[str, Any]:
    try:
        found = json.loads(files.get("package.json", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _table(package: dict[str, Any], name: str) -> dict[str, Any]:
    found = package.get(name)
    return found if isinstance(found, dict) else {}


def _main(files: Files, package: dict[str, Any]) -> str:
    named = str(package.get("main", ""))
    candidates = (
        named,
        "server.js",
        "app.js",
        "index.js",
        "server.mjs",
        "src/index.js",
        "src/server.js",
    )
    found = next((name for name in candidates if name in files), "")
    return f"node {found}" if found and "package.json" in files else ""


def _install(files: Files) -> tuple[str, ...]:
    if "package-lock.json" in files or "npm-shrinkwrap.json" in files:
        return ("npm ci",)
    if "pnpm-lock.yaml" in files:
        return ("pnpm install --frozen-lockfile",)
    if "yarn.lock" in files:
        return ("yarn install --frozen-lockfile",)
    return ("npm install --no-audit",)
