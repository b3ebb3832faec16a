"""What every page's frame shows."""

from typing import Any

from django.http import HttpRequest

from golive.kernel.access.http import session_actor
from golive.kernel.config import settings


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the actor and the address of this golive for base.html."""
    actor = session_actor(request) if hasattr(request, "user") else None
    return {"actor": actor, "golive_url": settings().url}
