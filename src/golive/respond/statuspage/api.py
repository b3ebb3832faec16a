"""The status page over the API: reading what it says, wording it, announcing maintenance."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status
from pydantic import AwareDatetime

from golive.kernel.access.http import actor_of
from golive.kernel.access.roles import Role, require
from golive.respond.statuspage import operations, queries

router = Router(tags=["status page"])


class ComponentOut(Schema):
    site: str
    name: str
    health: str
    uptime: float


class UpdateOut(Schema):
    id: int
    at: datetime
    state: str
    text: str
    facts_text: str
    worded_by: str


class StoryOut(Schema):
    incident: str
    component: str
    state: str
    updates: list[UpdateOut]


class MaintenanceOut(Schema):
    id: int
    component: str
    title: str
    text: str
    starts_at: datetime
    ends_at: datetime
    running: bool


class StatusOut(Schema):
    health: str
    port: int
    components: list[ComponentOut]
    stories: list[StoryOut]
    maintenance: list[MaintenanceOut]


class WordsIn(Schema, extra="forbid"):
    words: str = Field(max_length=4000, description="Empty: golive's own words again.")


class AnnouncementIn(Schema, extra="forbid"):
    site: str
    title: str = Field(min_length=1, max_length=120)
    text: str = ""
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class ComponentChange(Schema, extra="forbid"):
    name: str | None = Field(None, min_length=1, max_length=80)
    is_public: bool | None = None


@router.get("/statuspage", response=StatusOut)
def show(request: HttpRequest) -> StatusOut:
    """What the public status page says now."""
    require(actor_of(request), Role.VIEWER)
    view = queries.status()
    return StatusOut(
        health=view.health,
        port=queries.port(),
        components=[ComponentOut.model_validate(one, from_attributes=True) for one in view.components],
        stories=[StoryOut.model_validate(one, from_attributes=True) for one in view.stories],
        maintenance=[MaintenanceOut.model_validate(one, from_attributes=True) for one in view.maintenance],
    )


@router.put("/statuspage/updates/{update_id}/words", response={204: None})
def word(request: HttpRequest, update_id: int, body: WordsIn) -> Status[None]:
    """Word an update."""
    operations.word(by=require(actor_of(request), Role.OPERATOR), update_id=update_id, words=body.words)
    return Status(204, None)


@router.patch("/statuspage/components/{service}/{environment}", response={204: None})
def change_component(request: HttpRequest, service: str, environment: str, body: ComponentChange) -> Status[None]:
    """Rename a component or take it off the page."""
    actor = require(actor_of(request), Role.OPERATOR)
    operations.change_component(by=actor, site=f"{service}/{environment}", name=body.name, is_public=body.is_public)
    return Status(204, None)


@router.post("/statuspage/maintenance", response={201: int})
def announce(request: HttpRequest, body: AnnouncementIn) -> Status[int]:
    """Announce maintenance; returns its id."""
    actor = require(actor_of(request), Role.OPERATOR)
    return Status(201, operations.announce_maintenance(by=actor, **body.model_dump()))


@router.delete("/statuspage/maintenance/{maintenance_id}", response={204: None})
def cancel(request: HttpRequest, maintenance_id: int) -> Status[None]:
    """Call off maintenance, or end it."""
    operations.cancel_maintenance(by=require(actor_of(request), Role.OPERATOR), maintenance_id=maintenance_id)
    return Status(204, None)
