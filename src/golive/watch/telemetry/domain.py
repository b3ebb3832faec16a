"""How messages, stacks and paths lose what varies, so that equal troubles get equal ids.

The expressions are written in the common part of Python's `re` and RE2: the store compiles the same
rules to SQL and computes the ids at ingest, so "new since the last release" is one exact query.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Final

WARN: Final = 13
ERROR: Final = 17
"""OpenTelemetry severity numbers: 1 trace, 5 debug, 9 info, 13 warning, 17 error, 21 fatal."""
BLANK: Final = "<*>"
MESSAGE_CHARS: Final = 400
"""Characters of a message that take part in its template."""
FRAMES: Final = 3
"""Innermost frames of a stack that take part in an error's id."""

VARIABLE: Final = "|".join(
    (
        r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",  # mail address
        r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b",  # UUID
        r'"[^"\n]*"',
        r"\B'[^'\n]*'\B",  # quoted, but not the apostrophe of "don't"
        r"\b[0-9a-fA-F]{12,}\b",  # digest
        r"\b\w*\d\w*(?:[.:,/-]\w*\d\w*)*",  # number, id, date, address with port
    )
)
"""What varies between two messages of the same statement."""

PYTHON_FRAME: Final = r'File "([^"\n]*)", line \d+, in ([^\n]+)'
OTHER_FRAME: Final = r"\n\s+at ([^\s(][^(\n]*)\("
LIBRARY: Final = r"site-packages|dist-packages|/lib/python\d|^<frozen"
"""Paths of frames that are not the application's own."""

_VARIABLE = re.compile(VARIABLE, re.ASCII)
_PYTHON_FRAME = re.compile(PYTHON_FRAME, re.ASCII)
_OTHER_FRAME = re.compile(OTHER_FRAME, re.ASCII)
_LIBRARY = re.compile(LIBRARY, re.ASCII)


def template(message: str) -> str:
    """Return the message with everything that varies replaced by `<*>`."""
    return _VARIABLE.sub(BLANK, message[:MESSAGE_CHARS])


def pieces(template: str) -> list[tuple[str, bool]]:
    """Return the parts of a template, each with whether it stands for what varies."""
    found: list[tuple[str, bool]] = []
    for index, text in enumerate(template.split(BLANK)):
        found += [("…", True)] if index else []
        found += [(text, False)] if text else []
    return found


def frames(stack: str) -> list[str]:
    """Return the innermost frames of a stack trace, as "file:function", without line numbers.

    The application's own frames are preferred to those of libraries; directories are dropped, because
    every release lives in its own.
    """
    python = _PYTHON_FRAME.findall(stack)
    own = [pair for pair in python if not _LIBRARY.search(pair[0])] or python
    if own:
        return [f"{path.rsplit('/', 1)[-1]}:{function}" for path, function in own[-FRAMES:]]
    return _OTHER_FRAME.findall(stack)[:FRAMES]


def identity(*parts: str) -> str:
    """Return the 16 hexadecimal digits that name these parts, the same in every process."""
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()[:16]


def pattern_id(message: str) -> str:
    """Return the id of the log pattern that a message belongs to."""
    return identity(template(message))


def error_group(kind: str, message: str, stack: str) -> str:
    """Return the id of the group of an exception: its type, masked message and innermost frames."""
    return identity(kind, template(message), *frames(stack))


_SEGMENT_ID = re.compile(
    r"\d+|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}"
    r"|(?=[^/]*\d)[A-Za-z0-9_~=-]{20,}"
)


def route_template(path: str) -> str:
    """Return a path without its query and with numbers, UUIDs and long tokens as `{id}`."""
    bare = path.partition("?")[0].partition("#")[0][:512]
    return "/".join("{id}" if _SEGMENT_ID.fullmatch(part) else part for part in bare.split("/"))


ROUTE_TEMPLATE: Final = r"""arrayStringConcat(arrayMap(part -> if(
  match(part, '^([0-9]+|[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16,})$')
  OR (match(part, '^[A-Za-z0-9_~=-]{20,}$') AND match(part, '[0-9]')), '{id}', part), splitByChar('/', Path)), '/')"""
"""SQL of the same, of a `Path` of the edge, which has no query."""
ROUTE_CHARACTERS: Final = 200
"""As many of a route are stored."""


def split_site(site: str) -> tuple[str, str]:
    """Return service and environment of "service/environment".

    Raises `ValueError` when the site is not of that form.
    """
    service, slash, environment = site.partition("/")
    if not (service and slash and environment) or "/" in environment:
        raise ValueError(f"{site!r} is not a site: write service/environment")
    return service, environment


def depth_first(spans: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """Return (span, depth) of a trace's (span, parent) pairs, parents before children.

    The order among siblings is kept. A span whose parent is not there, or who is its own ancestor,
    begins at depth 0, so that no span is missing and no loop is endless.
    """
    known = {span for span, _ in spans}
    children: dict[str, list[str]] = {}
    for span, parent in spans:
        children.setdefault(parent if parent in known and parent != span else "", []).append(span)
    order: list[tuple[str, int]] = []
    seen: set[str] = set()
    for root in (*children.get("", ()), *(span for span, _ in spans)):
        stack = [(root, 0)]
        while stack:
            span, depth = stack.pop()
            if span in seen:
                continue
            seen.add(span)
            order.append((span, depth))
            stack += [(child, depth + 1) for child in reversed(children.get(span, []))]
    return order
