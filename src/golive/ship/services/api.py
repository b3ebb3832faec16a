"""Services over the API."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.kernel.config import LONGEST_FILE
from golive.ship.services import operations, queries
from golive.ship.services.domain.manifest import json_schema
from golive.ship.services.queries import ServiceRow

router = Router(tags=["services"])


class PlaceOut(Schema):
    name: str
    port: int = Field(description="Port of the edge.")
    domains: list[str]
    approvals: int
    replicas: int = Field(description="Web replicas.")


class ServiceOut(Schema):
    name: str
    repository: str
    processes: list[str]
    gates: list[str]
    environments: list[PlaceOut]
    manifest: str = Field(description="The golive.toml that was registered last.")


class ServiceIn(Schema):
    manifest: str = Field(max_length=LONGEST_FILE, description="The text of golive.toml.")
    repository: str = Field(max_length=1000, description="Absolute path, or https or ssh address.")


@router.get("/services", response=list[ServiceOut])
def list_services(request: HttpRequest) -> list[ServiceOut]:
    """All services."""
    require(actor_of(request), Role.VIEWER)
    return [_shown(row) for row in queries.services()]


@router.get("/services/{name}", response=ServiceOut)
def show_service(request: HttpRequest, name: str) -> ServiceOut:
    """One service."""
    require(actor_of(request), Role.VIEWER)
    return _shown(queries.service(name))


@router.post("/services", response={201: ServiceOut})
def register_service(request: HttpRequest, body: ServiceIn) -> Status[ServiceOut]:
    """Add a service, or take over its changed golive.toml; the same call twice changes nothing."""
    actor = require(actor_of(request), Role.OPERATOR)
    row = operations.register(by=actor, manifest_text=body.manifest, repository=body.repository)
    return Status(201, _shown(row))


@router.get("/manifest-schema", response=dict[str, Any])
def manifest_schema(request: HttpRequest) -> dict[str, Any]:
    """The JSON Schema of golive.toml, for editors."""
    require(actor_of(request), Role.VIEWER)
    return json_schema()


def _shown(row: ServiceRow) -> ServiceOut:
    manifest = row.manifest
    places = [
        PlaceOut(
            name=place.name,
            port=place.port,
            domains=list(manifest.environment(place.name).domains),
            approvals=manifest.environment(place.name).approvals,
            replicas=manifest.replicas(place.name, "web") if "web" in manifest.processes else 0,
        )
        for place in queries.environments(row.name)
    ]
    return ServiceOut(
        name=row.name,
        repository=row.repository,
        processes=list(manifest.processes),
        gates=[gate.name for gate in manifest.gates],
        environments=places,
        manifest=row.manifest_text,
    )
