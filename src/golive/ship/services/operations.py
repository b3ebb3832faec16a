"""Register services."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction

from golive.kernel import audit, clock
from golive.kernel.access.roles import Actor
from golive.kernel.config import parse_toml, settings
from golive.kernel.problems import Conflict, Invalid
from golive.ship.services import queries
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import PRODUCTION, Manifest
from golive.ship.services.models import Environment, Service
from golive.ship.services.queries import FILE, ServiceRow

LARGEST_MANIFEST = 200_000
STAGING_OFFSET = 100


def register(*, by: Actor, manifest_text: str, repository: str) -> ServiceRow:
    """Add a service or take over its new golive.toml; idempotent. Raises ConfigInvalid, Invalid, Conflict.

    Each environment gets a port of the edge that it keeps: the one of golive.toml, else the next free number
    from the edge's first port on (production), or from 100 above it (others).
    """
    if len(manifest_text) > LARGEST_MANIFEST:
        raise Invalid(f"{FILE} is larger than {LARGEST_MANIFEST} bytes.")
    manifest = parse_toml(Manifest, manifest_text, FILE, also=idle_keys)
    repository = _checked(repository)
    now = clock.now()
    with transaction.atomic():
        service, created = Service.objects.select_for_update().get_or_create(
            name=manifest.service,
            defaults={
                "manifest_text": manifest_text,
                "repository": repository,
                "created_at": now,
                "changed_at": now,
            },
        )
        changed = (service.manifest_text, service.repository) != (manifest_text, repository)
        if changed:
            service.manifest_text, service.repository = manifest_text, repository
            service.changed_at = now
            service.save()
        _give_ports(service, manifest)
        if created or changed:
            audit.record(
                actor=str(by),
                action="service.registered" if created else "service.changed",
                subject=service.name,
                facts={"repository": repository},
            )
    return queries.service(manifest.service)


def _give_ports(service: Service, manifest: Manifest) -> None:
    rows = {row.name: row for row in Environment.objects.filter(service=service)}
    for name in manifest.environment_names:
        wanted = manifest.environment(name)
        row = rows.get(name)
        if wanted.port is None and row is not None:
            continue
        taken = {other.port: other for other in Environment.objects.exclude(service=service, name=name)}
        port = wanted.port or _next_port(name, set(taken))
        if port in taken and wanted.domains == ("*",):
            raise Conflict(
                f"Port {port} of {service.name}/{name} belongs to {taken[port]}.",
                hint="Leave `port` out, or tell the two apart by `domains`.",
            )
        Environment.objects.update_or_create(service=service, name=name, defaults={"port": port})


def _next_port(environment: str, taken: set[int]) -> int:
    first = settings().edge_port + (0 if environment == PRODUCTION else STAGING_OFFSET)
    own = {settings().port}
    return next(port for port in range(first, 65536) if port not in taken | own and _is_free(port))


def _is_free(port: int) -> bool:
    """Say whether nobody on this machine listens there: the edge would be refused the port later."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings().edge_host, port))
        except OSError:
            return False
    return True


def _checked(repository: str) -> str:
    """Return a repository as it is kept: an absolute path, or an address without credentials."""
    if not repository or len(repository) > 1000 or re.search(r"[\x00-\x1f]", repository):
        raise Invalid("The repository is empty or not readable.", hint="Give a folder or an https address.")
    if "://" not in repository:
        path = Path(repository)
        if not path.is_absolute():
            raise Invalid(
                f"The repository {repository!r} is no absolute path and no https address.",
                hint="Give the whole path of the folder.",
            )
        return str(path)
    parts = urlsplit(repository)
    if parts.scheme not in {"https", "ssh", "file"} or (parts.hostname or "").startswith("-"):
        raise Invalid("A repository is a folder, or an https or ssh address.", hint="Check the address.")
    if parts.password or (parts.scheme == "https" and parts.username):
        raise Invalid(
            "The address of the repository has credentials in it, which would be stored and shown.",
            hint="Leave them out and set up a git credential helper on this machine.",
        )
    return repository
