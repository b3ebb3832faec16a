"""Read services and environments."""

from dataclasses import dataclass

from golive.ship.services.domain.manifest import Manifest


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
    raise NotImplementedError


def services() -> list[ServiceRow]:
    """Return all services by name."""
    raise NotImplementedError


def environment(service: str, name: str) -> EnvironmentRow:
    """Return a place of a service. Raises NotFound."""
    raise NotImplementedError


def environments(service: str | None = None) -> list[EnvironmentRow]:
    """Return the places of one or all services."""
    raise NotImplementedError
