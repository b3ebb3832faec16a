"""What every page's frame shows."""

from typing import Any

from django.http import HttpRequest

from golive.kernel.access.http import session_actor
from golive.kernel.config import settings
from golive.kernel.ui.frame import around
from golive.runtime.middleware import SEEN
from golive.runtime.rooms import ROOMS, on_call


def _reader_at(request: HttpRequest) -> str:
    """Where the page is open that asks for a part of itself."""
    asked = getattr(request, "htmx", None)
    return str(asked.current_url_abs_path or "").partition("?")[0] if asked else ""


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the actor and the address of this golive for base.html."""
    actor = session_actor(request) if hasattr(request, "user") else None
    shown = around(
        request,
        ROOMS,
        path=_reader_at(request),
        person=actor.name or actor.email if actor else "",
        role=actor.role.word if actor else "",
        aside=on_call,
    )
    return {"actor": actor, "golive_url": settings().url, "frame": shown, "seen": request.META.get(SEEN, "")}
