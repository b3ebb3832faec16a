"""Small values of golive.toml: durations, names, paths, commands."""

import re
import shlex
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, StringConstraints
from pydantic.json_schema import WithJsonSchema

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_UNITS = (86_400_000, 3_600_000, 60_000, 1_000, 1)
_LONGEST = timedelta(days=3650)


def parse_duration(value: Any) -> timedelta:
    """Return the length of "2m", "1h30m", "10d" or "500ms". Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) < 40 else None
    if not value or match is None:
        raise ValueError(f'{value!r} is no duration; write it like "30s", "2m", "1h30m" or "500ms"')
    length = sum(int(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True))
    if length > _LONGEST / timedelta(milliseconds=1):
        raise ValueError(f"{value!r} is longer than ten years")
    return timedelta(milliseconds=length)


def format_duration(value: timedelta) -> str:
    """Return a length as golive.toml writes it; "0s" for none."""
    left, parts = round(value / timedelta(milliseconds=1)), []
    for unit, word in zip(_UNITS, ("d", "h", "m", "s", "ms"), strict=True):
        if left >= unit:
            parts.append(f"{left // unit}{word}")
            left %= unit
    return "".join(parts) or "0s"


def _relative(value: str) -> str:
    path = PurePosixPath(value)
    if "\0" in value or path.is_absolute() or ".." in path.parts or not path.parts or not value.strip():
        raise ValueError(f"{value!r} has to be a path inside the repository")
    return value


def _absolute(value: str) -> str:
    path = PurePosixPath(value)
    if "\0" in value or not path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{value!r} has to be a whole path on the machine of golive")
    return value


def _command(value: str) -> str:
    if "\0" in value or not value.strip():
        raise ValueError("the command is empty")
    try:
        shlex.split(value)
    except ValueError as error:
        raise ValueError(f"{value!r} has an open quote: {error}") from error
    return value


def _shaped(pattern: str, words: str, *, most: int = 300) -> AfterValidator:
    """Hold a text to a pattern and a length, and say in words what it has to be."""
    shape = re.compile(pattern)

    def check(value: str) -> str:
        if len(value) > most or value.endswith("\n") or not shape.match(value):
            raise ValueError(f"{value[:60]!r} has to be {words}")
        return value

    return AfterValidator(check)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$", "examples": ["30s", "2m"]}),
]
NAME = r"^[a-z][a-z0-9-]{0,39}$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
USER = r"^[A-Za-z_][A-Za-z0-9_.-]{0,31}$"
URL_PATH = r"^/[^\s]*$"
MAIL = r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$"
DOMAIN = r"^[a-z0-9*]([a-z0-9.-]{0,251}[a-z0-9])?$"

Name = Annotated[
    str,
    _shaped(NAME, "made of small letters, digits and hyphens, with a letter first, at most 40"),
    WithJsonSchema({"type": "string", "pattern": NAME}),
]
Variable = Annotated[
    str,
    _shaped(VARIABLE, "made of letters, digits and underscores, as names of variables are"),
    WithJsonSchema({"type": "string", "pattern": VARIABLE}),
]
UserName = Annotated[
    str, _shaped(USER, "the name of a user of this machine"), WithJsonSchema({"type": "string", "pattern": USER})
]
RelativePath = Annotated[str, AfterValidator(_relative)]
AbsolutePath = Annotated[str, AfterValidator(_absolute)]
Command = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_command)]
UrlPath = Annotated[
    str,
    _shaped(URL_PATH, "a path that begins with a slash and has no spaces", most=2000),
    WithJsonSchema({"type": "string", "pattern": URL_PATH, "maxLength": 2000}),
]
MailAddress = Annotated[
    str,
    _shaped(MAIL, "a mail address", most=254),
    WithJsonSchema({"type": "string", "pattern": MAIL, "maxLength": 254}),
]
Domain = Annotated[
    str,
    _shaped(DOMAIN, "a domain in small letters, such as shop.example.com"),
    WithJsonSchema({"type": "string", "pattern": DOMAIN}),
]
