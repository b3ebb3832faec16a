"""Strict reading of TOML: every error at once, each with its line, its path and the nearest right name."""

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from golive.kernel.problems import Invalid

Model = TypeVar("Model", bound=BaseModel)
KeyPath = tuple[int | str, ...]
Complaints = Iterable[tuple[KeyPath, str]]
LONGEST_FILE = 200_000  # characters


class ConfigInvalid(Invalid):
    """A configuration file does not say what it must; `errors` has one line per mistake."""

    slug = "config-invalid"
    title = "The configuration is not valid"


def parse_toml(
    model: type[Model], text: str, source: str, *, also: Callable[[Model], Complaints] | None = None
) -> Model:
    """Return `text` as an instance of `model`; `source` is the file's name in messages.

    Raises ConfigInvalid that names every mistake with its line, then every complaint of `also`, which is for a text
    that is new: what was taken once is read without it for ever.
    """
    data = _loaded(text, source)
    try:
        read = model.model_validate(data)
    except ValidationError as error:
        raise _invalid(source, [_explain(model, text, source, details) for details in error.errors()]) from error
    lines = [f"{_place(text, source, path)}: {why}" for path, why in (also(read) if also else ())]
    if lines:
        raise _invalid(source, lines)
    return read


def _loaded(text: str, source: str) -> dict[str, Any]:
    if len(text) > LONGEST_FILE:
        raise _invalid(source, [f"{source} has {len(text):,} characters; at most {LONGEST_FILE:,} are read"])
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        why = (
            str(error)
            if isinstance(error, tomllib.TOMLDecodeError)
            else "it is nested too deeply, or a number too long"
        )
        raise ConfigInvalid(f"{source} is not TOML: {why}", hint=_how_to_write(text), errors=[why]) from error
    nul = [f"{_place(text, source, path)}: a NUL character can stand in no setting" for path in _with_nul(data, ())]
    if nul:
        raise _invalid(source, nul)
    return data


def _how_to_write(text: str) -> str:
    if "\0" in text or "\ufffd" in text:
        return "Save the file as UTF-8 text."
    return 'Write `key = "text"`, `key = 3`, `key = ["one", "two"]`, and tables as `[name]`; see https://toml.io.'


def _with_nul(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Yield the path of each text with a NUL character; no program can be given one."""
    if isinstance(value, str) and "\0" in value:
        yield path
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _with_nul(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _with_nul(inner, (*path, number))


def _invalid(source: str, lines: list[str]) -> ConfigInvalid:
    return ConfigInvalid("\n".join(lines), hint=f"Correct {source} and run the command again.", errors=lines)


def _explain(model: type[BaseModel], text: str, source: str, details: ErrorDetails) -> str:
    path = tuple(details["loc"])
    place = _place(text, source, path)
    if details["type"] == "extra_forbidden":
        known = _fields(model, path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        guess = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(sorted(known))}"
        return f"{place}: unknown key; {guess}"
    if details["type"] == "missing":
        return f"{place}: this key is required"
    return f"{place}: {_worded(details, '.'.join(part for part in path if isinstance(part, str)))}"


def _worded(details: ErrorDetails, table: str) -> str:
    """Say what a value has to be in the words of a person who writes TOML, not of the validator."""
    given, key = details["input"], table.rpartition(".")[2]
    match details["type"]:
        case "tuple_type" | "list_type" if isinstance(given, dict):
            return f"each one is a table of its own: write [[{table}]] with two brackets"
        case "tuple_type" | "list_type":
            one = json.dumps(given, ensure_ascii=False) if isinstance(given, str) else '"one", "two"'
            return f"this is a list: write {key} = [{one}]"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"this is a table: write [{table}] on a line of its own, and its keys below that"
        case "string_type":
            return 'this is text: write it in quotes, "..."'
        case "bool_type" | "bool_parsing":
            return "this is true or false, without quotes"
        case "int_type" | "int_parsing" | "int_from_float":
            return "this is a whole number, without quotes"
    message = details["msg"].removeprefix("Value error, ")
    return f"{message[0].lower()}{message[1:]}"


def _place(text: str, source: str, path: KeyPath) -> str:
    """Return where it stands; what is said of the file as a whole has no line."""
    return f"{source}:{_line(text, path)}: {'.'.join(str(part) for part in path)}" if path else source


def _line(text: str, path: KeyPath) -> int:
    """Find the line of a key as a person would: its table first, then the key in it (1-based)."""
    lines = text.splitlines()
    at, found = 0, 1
    for part in path:
        if isinstance(part, int):
            headers = [n for n, line in enumerate(lines) if n >= at - 1 and line.lstrip().startswith("[[")]
            at = headers[part] + 1 if part < len(headers) else at
            found = max(found, at)
            continue
        pattern = re.compile(
            rf"^\s*(\[+[^\]]*\b{re.escape(part)}\b[^\[]*\]+|[\"']?{re.escape(part)}[\"']?\s*[.=]|.*[\{{,.\[]\s*{re.escape(part)}\s*[.=])"
        )
        for number in range(max(at - 1, 0), len(lines)):
            if pattern.match(lines[number]):
                at = found = number + 1
                break
    return found


def _fields(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the key names that are known at `path`."""
    current: Any = model
    for part in path:
        if not _is_model(current):
            # A key of a table of tables, or the number of an array's element.
            current = _element(current)
            continue
        field = current.model_fields.get(part) or next(
            (f for f in current.model_fields.values() if f.alias == part), None
        )
        current = _plain(field.annotation) if field else None
    if not _is_model(current):
        return []
    chosen = cast("type[BaseModel]", current)
    return [field.alias or name for name, field in chosen.model_fields.items()]


def _element(annotation: Any) -> Any:
    """Return the type of the values of a mapping, or of the elements of a sequence."""
    arguments = [argument for argument in get_args(annotation) if argument is not Ellipsis]
    if not arguments:
        return None
    return _plain(arguments[1] if get_origin(annotation) is dict else arguments[0])


def _plain(annotation: Any) -> Any:
    """Return an annotation without Optional around it."""
    if get_origin(annotation) in {Union, UnionType}:
        present = [argument for argument in get_args(annotation) if argument is not type(None)]
        return present[0]
    return annotation


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)
