"""The frame round every page: which rooms there are, which one is open, who looks, light or dark.

The runtime names the rooms; a room whose address leads nowhere is not shown, so there is no dead entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from golive.kernel.log import get_logger
from golive.kernel.ui.draw import State

THEME_COOKIE = "golive_theme"
log = get_logger(__name__)


@dataclass(frozen=True)
class Hint:
    """A word beside a room: how many, in which state (`1`, "incident open", suspicious)."""

    words: str
    means: str
    state: State


@dataclass(frozen=True)
class Room:
    """A place in the control room. `keys` is the letter after `g`; `hint` is asked at each page and must be cheap."""

    name: str
    path: str
    glyph: str
    group: str = ""
    keys: str = ""
    on_phone: bool = False
    hint: Callable[[], Hint | None] | None = None


@dataclass(frozen=True)
class Entry:
    """A room as the frame shows it now."""

    name: str
    path: str
    glyph: str
    keys: str
    on_phone: bool
    here: bool
    hint: Hint | None


@dataclass(frozen=True)
class Frame:
    """What base.html shows round a page."""

    groups: Sequence[tuple[str, Sequence[Entry]]] = ()
    theme: str = ""
    person: str = ""
    role: str = ""
    aside: Hint | None = None
    phone: Sequence[Entry] = field(default=())


@cache
def _leads_somewhere(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def around(
    request: HttpRequest,
    rooms: Sequence[Room],
    *,
    path: str = "",
    person: str = "",
    role: str = "",
    aside: Callable[[], Hint | None] | None = None,
) -> Frame:
    """Return the frame of one page; `path` is where its reader is when not at the page's own address.

    `person` is empty when nobody is logged in.
    """
    at = path or request.path
    groups: dict[str, list[Entry]] = {}
    if person:
        for room in rooms:
            if _leads_somewhere(room.path):
                groups.setdefault(room.group, []).append(_entry(room, at))
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return Frame(
        groups=tuple(groups.items()),
        theme=chosen if chosen in ("light", "dark") else "",
        person=person,
        role=role,
        aside=_ask(aside) if person else None,
        phone=[e for entries in groups.values() for e in entries if e.on_phone],
    )


def _entry(room: Room, path: str) -> Entry:
    here = path == room.path or (room.path != "/" and path.startswith(room.path.rstrip("/") + "/"))
    hint = _ask(room.hint)
    return Entry(room.name, room.path, room.glyph, room.keys, room.on_phone, here, hint)


def _ask(hint: Callable[[], Hint | None] | None) -> Hint | None:
    if hint is None:
        return None
    try:
        return hint()
    except Exception as error:  # noqa: BLE001  a frame round a page must not break the page
        log.warning("hint_failed", error=repr(error))
        return None
