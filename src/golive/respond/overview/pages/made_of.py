"""What a service is made of and what is kept of it, from its golive.toml and the home directory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from golive.kernel.config import settings
from golive.kernel.ui import words
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Manifest
from golive.ship.services.queries import ServiceRow


@dataclass(frozen=True)
class ProcessRow:
    """A process type: its command and how many run where."""

    name: str
    command: str
    replicas: str
    memory: str


@dataclass(frozen=True)
class KeptRow:
    """A path that outlives releases, or a secret, in one environment. `there` says whether it exists."""

    path: str
    environment: str
    detail: str
    there: bool


def processes(manifest: Manifest) -> list[ProcessRow]:
    """Return the process types, web first."""
    rows = []
    for name, one in sorted(manifest.processes.items(), key=lambda item: item[0] != "web"):
        counts = ", ".join(f"{manifest.replicas(place, name)} in {place}" for place in manifest.environment_names)
        rows.append(
            ProcessRow(
                name,
                one.command,
                counts,
                f"at most {words.size(one.memory * 1_048_576)}" if one.memory else "",
            )
        )
    return rows


def kept(row: ServiceRow, environments: Sequence[str]) -> list[KeptRow]:
    """Return the kept files and the secrets of each environment; a secret's value is never read."""
    rows = []
    for environment in environments:
        base = settings().data / row.name / environment
        rows += [_path(base / path, path, environment) for path in row.manifest.keep]
        names = row.manifest.environment(environment).secret
        if names:
            there = services.secrets_file(row.name, environment).is_file()
            detail = "in its file" if there else "no file with its secrets yet"
            rows.append(KeptRow(", ".join(names), environment, f"secret, {detail}", there))
    return rows


def _path(where: Path, path: str, environment: str) -> KeptRow:
    if where.is_dir():
        count = sum(1 for _ in where.iterdir())
        return KeptRow(path, environment, words.plural(count, "entry", "entries"), there=True)
    if where.is_file():
        return KeptRow(path, environment, words.size(where.stat().st_size), there=True)
    return KeptRow(path, environment, "nothing written yet", there=False)


def commands(name: str, *, has_database: bool) -> list[tuple[str, str]]:
    """Return what a person would type next, and what it does."""
    shown = [
        ("golive deploy", "ships HEAD of the repository you stand in"),
        (f"golive rollback -s {name} --dry-run", "says what going back would do, and does nothing"),
        (f"golive logs -s {name} --follow", "what its processes write, live"),
    ]
    if has_database:
        shown.append((f"golive backup create -s {name}", "backs the database up now and tests that it restores"))
    shown.append((f"golive maintenance on -s {name}", "shows visitors a page instead of the app"))
    return shown
