"""JSON-able images of the judge's state, exact to the bit.

A registered dataclass becomes `["@Name", field, ...]`, a dict `["@d", key, value, ...]`, a tuple `["@t", ...]`, a
deque `["@q", maxlen, ...]`.  Floats survive JSON exactly (shortest repr); infinities and NaN never occur in the state.
Only registered classes are ever built, so an image is data, not code.
"""

from __future__ import annotations

from collections import deque
from dataclasses import MISSING, fields
from typing import Any, Final, TypeVar

T = TypeVar("T", bound=type)
_classes: Final[dict[str, tuple[type, tuple[tuple[str, bool], ...]]]] = {}


class CheckpointError(ValueError):
    """The image was not written by this version of the judge, or is damaged."""


def checkpointed(cls: T) -> T:
    """Register a dataclass; fields with metadata {"cache": True} are not stored and start from their default."""
    names = tuple((f.name, bool(f.metadata.get("cache"))) for f in fields(cls))
    _classes["@" + cls.__name__] = (cls, names)
    return cls


def encode(value: Any) -> Any:
    """The JSON-able image of `value`."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return ["@l", *map(encode, value)]
    if kind is dict:
        return ["@d", *(encode(x) for pair in value.items() for x in pair)]
    if kind is tuple:
        return ["@t", *map(encode, value)]
    if kind is deque:
        return ["@q", value.maxlen, *map(encode, value)]
    name = "@" + kind.__name__
    if name not in _classes:
        raise CheckpointError(f"{kind.__name__} is not part of a checkpoint")
    return [
        name,
        *(encode(getattr(value, field)) for field, cache in _classes[name][1] if not cache),
    ]


def decode(image: Any) -> Any:
    """The value whose image this is.  Raises CheckpointError."""
    if not isinstance(image, list):
        if image is None or isinstance(image, bool | int | float | str):
            return image
        raise CheckpointError("an image consists of lists, numbers, strings and null")
    if not image or not isinstance(image[0], str):
        raise CheckpointError("a list without its kind")
    kind, rest = image[0], image[1:]
    if kind == "@l":
        return [decode(x) for x in rest]
    if kind == "@t":
        return tuple(decode(x) for x in rest)
    if kind == "@d":
        return _dict(rest)
    if kind == "@q" and rest and (rest[0] is None or isinstance(rest[0], int)):
        return deque((decode(x) for x in rest[1:]), maxlen=rest[0])
    if kind in _classes:
        return _build(kind, rest)
    raise CheckpointError(f"unknown kind {kind!r}")


def _dict(rest: list[Any]) -> dict[Any, Any]:
    if len(rest) % 2:
        raise CheckpointError("a key without a value")
    try:
        return {decode(rest[i]): decode(rest[i + 1]) for i in range(0, len(rest), 2)}
    except TypeError as error:
        raise CheckpointError("a key that cannot be one") from error


def _build(kind: str, rest: list[Any]) -> Any:
    cls, names = _classes[kind]
    if len(rest) != sum(not cache for _, cache in names):
        raise CheckpointError(f"{kind[1:]} has other fields in this version")
    out: Any = object.__new__(cls)
    stored = iter(rest)
    for field in fields(cls):
        value = _fresh(field) if field.metadata.get("cache") else decode(next(stored))
        object.__setattr__(out, field.name, value)
    return out


def _fresh(field: Any) -> Any:
    return field.default if field.default is not MISSING else field.default_factory()
