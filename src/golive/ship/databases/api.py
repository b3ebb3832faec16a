"""Backups over the API."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.kernel.problems import NotFound
from golive.ship.databases import operations, queries
from golive.ship.databases.queries import BackupRow
from golive.ship.services import queries as services

router = Router(tags=["backups"])


class BackupOut(Schema):
    id: str
    service: str
    environment: str
    reason: str
    created_at: datetime
    size: int = Field(description="Bytes.")
    seconds: float
    proof: str = Field(description="What the test restore found.")
    facts: dict[str, int] = Field(description="Rows by table.")


class BackupIn(Schema):
    service: str = Field(max_length=40)
    environment: str = Field("production", max_length=40)


class RestoreIn(Schema):
    force: bool = Field(False, description="Even while processes run there.")


class RestoredOut(Schema):
    backup: BackupOut
    before: BackupOut | None = Field(description="The backup of the state that was replaced.")
    aside: str = Field("", description="The folder of a copy of it, where it could not be read any more.")


@router.get("/backups", response=list[BackupOut])
def list_backups(
    request: HttpRequest,
    service: Annotated[str, Query(max_length=40)] = "",
    environment: Annotated[str, Query(max_length=40)] = "",
) -> list[BackupOut]:
    """Backups, newest first."""
    require(actor_of(request), Role.VIEWER)
    return [_shown(row) for row in queries.backups(service or None, environment or None)]


@router.post("/backups", response={201: BackupOut})
def create_backup(request: HttpRequest, body: BackupIn) -> Status[BackupOut]:
    """Back up now; answers when the backup was restored once to prove it."""
    actor = require(actor_of(request), Role.OPERATOR)
    place = services.environment(body.service, body.environment)
    row = operations.back_up(
        service=place.service,
        environment=place.name,
        manifest=services.service(place.service).manifest,
        reason=f"asked for by {actor}",
    )
    if row is None:
        raise NotFound(
            f"{place.site} has no database with data that golive knows of.",
            hint="Name it under [database] in golive.toml: `sqlite` or `url`.",
        )
    return Status(201, _shown(row))


@router.post("/backups/{backup_id}/restore", response=RestoredOut)
def restore_backup(request: HttpRequest, backup_id: str, body: RestoreIn) -> RestoredOut:
    """Put a backup in the place of the data; what is there now is backed up first, or set aside where it is ruined."""
    actor = require(actor_of(request), Role.APPROVER)
    done = operations.restore(backup_id=backup_id, by=actor, force=body.force)
    before = _shown(done.before) if done.before else None
    return RestoredOut(backup=_shown(done.backup), before=before, aside=str(done.aside or ""))


def _shown(row: BackupRow) -> BackupOut:
    rows = sum(row.facts.values())
    return BackupOut(
        id=row.id,
        service=row.service,
        environment=row.environment,
        reason=row.reason,
        created_at=row.at,
        size=row.size,
        seconds=row.seconds,
        facts=row.facts,
        proof=f"restored once, {rows} rows in {len(row.facts)} tables",
    )
