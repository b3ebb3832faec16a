"""Read services, environments and their secrets."""

import stat
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from golive.kernel.config import parse_toml, settings
from golive.kernel.problems import NotFound, Problem
from golive.ship.services.domain.manifest import Manifest
from golive.ship.services.domain.redaction import Redaction
from golive.ship.services.domain.variables import parse_variables
from golive.ship.services.models import Environment, Service

FILE = "golive.toml"


class SecretMissing(Problem):
    """golive.toml names secrets that the environment's file does not have, or others could read the file."""

    slug = "secret-missing"
    title = "A secret is missing"
    status = 422


@dataclass(frozen=True)
class ServiceRow:
    """A registered service; `repository` is the path or address its revisions come from."""

    name: str
    manifest: Manifest
    manifest_text: str
    repository: str


@dataclass(frozen=True)
class EnvironmentRow:
    """A place of a service; `port` is the edge's, kept for ever once given out."""

    service: str
    name: str
    port: int

    @property
    def site(self) -> str:
        return f"{self.service}/{self.name}"


def service(name: str) -> ServiceRow:
    """Return a service. Raises NotFound."""
    row = Service.objects.filter(pk=name).first()
    if row is None:
        raise NotFound(f"There is no service {name[:80]!r}.", hint="Run `golive deploy` in its repository.")
    return _row(row)


def services() -> list[ServiceRow]:
    """Return all services by name."""
    return [_row(row) for row in Service.objects.all()]


def environment(service: str, name: str) -> EnvironmentRow:
    """Return a place of a service. Raises NotFound."""
    row = Environment.objects.filter(service_id=service, name=name).first()
    if row is None:
        raise NotFound(f"{service[:80]} has no environment {name[:80]!r}.")
    return EnvironmentRow(row.service_id, row.name, row.port)


def environments(service: str | None = None) -> list[EnvironmentRow]:
    """Return the places of one or all services."""
    rows = Environment.objects.all()
    if service is not None:
        rows = rows.filter(service_id=service)
    return [EnvironmentRow(row.service_id, row.name, row.port) for row in rows]


def secrets_file(service: str, environment: str) -> Path:
    """Return where the secrets of a place are kept: lines of NAME=value, mode 0600."""
    return settings().home / "secrets" / service / f"{environment}.env"


def secrets(service: str, environment: str, names: Iterable[str]) -> dict[str, str]:
    """Return the named secrets of a place. Raises SecretMissing; never says a value."""
    wanted = tuple(names)
    if not wanted:
        return {}
    path = secrets_file(service, environment)
    if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SecretMissing(f"{path} can be read by others, so it is not used.", hint=f"chmod 600 {path}")
    known = parse_variables(path.read_text()) if path.is_file() else {}
    missing = [name for name in wanted if name not in known]
    if missing:
        raise SecretMissing(
            f"{service}/{environment} lacks {', '.join(missing)}.",
            hint=f"Add a line NAME=value for each to {path} (mode 0600).",
            missing=missing,
        )
    return {name: known[name] for name in wanted}


def redaction(service: str) -> Redaction:
    """Return what takes secrets out of the words of a service's commands, processes and database.

    It knows those of all its environments, for builds and gates have none of their own, and golive's own keys: a process
    has one among its variables.
    """
    home, known = settings().home, list[tuple[str, str]]()
    for path in sorted((home / "secrets" / service).glob("*.env")):
        with suppress(OSError):
            known += parse_variables(path.read_text(errors="replace")).items()
    for path in (home / "token", *sorted(home.glob("*.key"))):
        with suppress(OSError):
            known.append((path.name, path.read_text(errors="replace").strip()))
    return Redaction(known)


def _row(row: Service) -> ServiceRow:
    return ServiceRow(
        name=row.name,
        manifest=parse_toml(Manifest, row.manifest_text, FILE),
        manifest_text=row.manifest_text,
        repository=row.repository,
    )
