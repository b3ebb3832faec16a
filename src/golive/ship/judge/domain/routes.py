"""Route templates: which requests are the same question to the app."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

MOST_ROUTES: Final = 100
OTHER: Final = "other"
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
LONGEST: Final = 120

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_VARIABLE: Final = re.compile(r"\d+|[0-9a-fA-F]{12,}|\d[\d._:-]*|.*\d.*\d.*\d.*\d.*|.{33,}")
_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]")


@lru_cache(maxsize=4096)
def template(method: str, path: str, route: str | None) -> str:
    """`"POST /orders/{id}"` from the app's own label, else from the path.

    Without a label numbers, UUIDs, long tokens and segments with four or more digits become `{id}`.
    HEAD counts as GET; an unknown method is "OTHER".
    """
    verb = "GET" if method == "HEAD" else method if method in METHODS else "OTHER"
    text = route if route and route != "-" else "/".join(map(_segment, path.split("?", 1)[0].split("/")[:12]))
    return f"{verb} {_UNPRINTABLE.sub('', text)[:LONGEST] or '/'}"


def _segment(text: str) -> str:
    return "{id}" if text and (_UUID.fullmatch(text) or _VARIABLE.fullmatch(text)) else text


def probe_template(listed: str) -> str:
    """The template of a probe as the owner listed it: "/path" or "GET /path"."""
    method, _, path = listed.rpartition(" ")
    return template(method or "GET", path, None)
