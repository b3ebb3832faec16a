"""Register services."""

from golive.kernel.access.roles import Actor
from golive.ship.services.queries import ServiceRow


def register(*, by: Actor, manifest_text: str, repository: str) -> ServiceRow:
    """Add a service or take over its new golive.toml; idempotent. Raises ConfigInvalid, Invalid, Conflict."""
    raise NotImplementedError
