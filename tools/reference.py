"""Write docs/reference from the code, or with --check say what has drifted."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent.parent / "docs" / "reference"
NOTE = "<!-- Generated from the code by `make docs`; change the code instead. -->\n\n"


def pages() -> dict[str, str]:
    """Return every generated page by file name."""
    import django

    django.setup()
    from golive.runtime import urls, wiring  # noqa: F401  a problem is known when what raises it was imported
    from golive.runtime.http import api

    wiring.bind_all()
    return {
        "cli.md": NOTE + cli_page(),
        "golive-toml.md": NOTE + manifest_page(),
        "settings.md": NOTE + settings_page(),
        "problems.md": NOTE + problems_page(),
        "events.md": NOTE + events_page(),
        "api.md": NOTE + api_page(api.get_openapi_schema()),
        "openapi.json": json.dumps(api.get_openapi_schema(), indent=1, sort_keys=True, default=str) + "\n",
    }


def cli_page() -> str:
    import typer.main

    from golive.cli.main import app

    lines = ["# The command line", ""]

    def walk(command: Any, path: str) -> None:
        if getattr(command, "commands", None):
            for name, inner in command.commands.items():
                walk(inner, f"{path} {name}")
            return
        help_text = (command.help or "").strip()
        lines.extend(
            [
                f"## {path}",
                "",
                help_text.replace("Example: ", "Example: `", 1) + ("`" if "Example: " in help_text else ""),
                "",
            ]
        )
        rows = []
        for parameter in command.params:
            names = ", ".join(getattr(parameter, "opts", []) + getattr(parameter, "secondary_opts", []))
            if parameter.param_type_name == "argument":
                names = (parameter.metavar or parameter.name or "").upper()
            rows.append(f"| `{names}` | {getattr(parameter, 'help', '') or ''} |")
        if rows:
            lines.extend(["| argument or option | meaning |", "| --- | --- |", *rows, ""])

    walk(typer.main.get_command(app), "golive")
    return "\n".join(lines)


def manifest_page() -> str:
    from golive.ship.services.domain.manifest import Manifest

    lines = [
        "# golive.toml",
        "",
        'The one file that a service has, in the root of its repository. Durations are written as `"30s"`, `"2m"`, `"1h"`.',
        "An unknown key is an error that names its line and the nearest right key; so is a key that can do nothing where it stands,",
        'such as `approvals` of staging or `steps` beside `strategy = "bluegreen"`.',
        "",
    ]
    for heading, model in _tables("", "", Manifest, set()):
        lines.extend([f"## {heading or 'top level'}", "", (model.__doc__ or "").strip(), ""])
        lines.extend(["| key | kind | default | meaning |", "| --- | --- | --- | --- |"])
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else _shown(field.get_default(call_default_factory=True))
            lines.append(f"| `{name}` | {_kind(field.annotation)} | {default} | {field.description or ''} |")
        lines.append("")
    return "\n".join(lines)


def _tables(path: str, heading: str, model: Any, seen: set[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each table of the file as TOML writes its heading, with its model; `path` is dotted."""
    yield heading, model
    seen.add(model)
    for name, field in model.model_fields.items():
        inner, holder = _inner(field.annotation)
        if inner is not None and inner not in seen:
            below = ".".join(filter(None, (path, name, "NAME" if holder is dict else "")))
            yield from _tables(below, f"[[{below}]]" if holder in (tuple, list) else f"[{below}]", inner, seen)


def _inner(annotation: Any) -> tuple[Any, Any]:
    """Return the model inside of a type, and what holds it: dict, tuple, list or None."""
    from typing import get_args, get_origin

    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, None
    for argument in get_args(annotation):
        found, holder = _inner(argument)
        if found is not None:
            origin = get_origin(annotation)
            return found, origin if origin in (dict, tuple, list) else holder
    return None, None


def _kind(annotation: Any) -> str:
    """Say a type in words."""
    from datetime import timedelta
    from types import UnionType
    from typing import Annotated, Literal, Union, get_args, get_origin

    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(_kind(one) for one in inner if one is not type(None))
    if origin in (tuple, list):
        return f"list of {_kind(inner[0])}"
    if origin is dict:
        return f"table of {_kind(inner[1])}"
    words = {
        str: "text",
        int: "number",
        float: "number",
        bool: "true or false",
        timedelta: "duration",
    }
    return words.get(annotation, "table")


def _shown(value: Any) -> str:
    """Say a default as one would write it."""
    from datetime import timedelta

    from pydantic import BaseModel

    if value is None:
        return "not set"
    if isinstance(value, BaseModel):
        return "see its table"
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        for unit, size in (("h", 3600), ("m", 60), ("s", 1)):
            if seconds % size == 0 and (seconds or unit == "s"):
                return f'`"{seconds / size:.0f}{unit}"`'
        return f'`"{seconds * 1000:.0f}ms"`'
    if isinstance(value, tuple | list):
        return f"[{', '.join(_shown(one) for one in value)}]"
    if isinstance(value, dict):
        return "empty" if not value else ", ".join(f"`{key}`: {_shown(one)}" for key, one in value.items())
    return f"`{json.dumps(value)}`"


def settings_page() -> str:
    from golive.cli.caller import Caller
    from golive.kernel.config import Settings

    lines = [
        "# Settings of the server",
        "",
        "Variables of the environment in which `golive up` is said. Give GOLIVE_HOME, GOLIVE_HOST, GOLIVE_PORT and "
        "GOLIVE_PUBLIC_URL to every other command as well, where they are set.",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `GOLIVE_{name.upper()}` | `{field.default}` | {field.description} |")
    lines += [
        "",
        "## The command line on another machine, or for another person",
        "",
        "[Deploy from CI](../how-to/deploy-from-ci.md) says what works from there.",
        "",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    for name, field in Caller.model_fields.items():
        shown = "" if field.default is None else field.default
        lines.append(f"| `GOLIVE_{name.upper()}` | `{shown}` | {field.description} |")
    return "\n".join(lines) + "\n"


def problems_page() -> str:
    from golive.kernel.problems import Problem

    lines = [
        "# Problems",
        "",
        "The one shape of an anticipated failure (RFC 9457): on the API as `application/problem+json`, on the command line as what, why and what",
        "to try, on pages as a page.",
        "",
        "| slug | title | HTTP | exit code | when |",
        "| --- | --- | --- | --- | --- |",
    ]
    for problem in sorted(_subclasses(Problem), key=lambda p: p.slug):
        if problem.__module__.startswith("golive."):
            when = " ".join((problem.__doc__ or "").split("\n\n")[0].split())
            lines.append(
                f'| <a id="{problem.slug}"></a>`{problem.slug}` | {problem.title} | {problem.status} | {problem.exit_code} | {when} |'
            )
    return "\n".join(lines) + "\n"


def events_page() -> str:
    from dataclasses import fields

    from golive.kernel.events import Announcement

    lines = [
        "# Events",
        "",
        "What happened, in the past tense, as the event log, the live stream `/api/v1/events/stream` and subscribers see it.",
        "",
        "| kind | when | fields |",
        "| --- | --- | --- |",
    ]
    for event in sorted(_subclasses(Announcement), key=lambda e: e.kind):
        if event.__module__.startswith("golive."):
            names = ", ".join(f"`{field.name}`" for field in fields(event))
            lines.append(f"| `{event.kind}` | {' '.join((event.__doc__ or '').split())} | {names} |")
    return "\n".join(lines) + "\n"


def api_page(schema: dict[str, Any]) -> str:
    lines = [
        "# The HTTP API",
        "",
        "OpenAPI 3.1: [openapi.json](openapi.json); in a running control room with Swagger UI under `/api/v1/docs`. Authentication: the session of the",
        "control room with its CSRF token, or `Authorization: Bearer <token>`.",
        "",
        "| method | path | what |",
        "| --- | --- | --- |",
    ]
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            text = (operation.get("description") or operation.get("summary", "")).split("\n")[0]
            lines.append(f"| {method.upper()} | `{path}` | {text} |")
    return "\n".join(lines) + "\n"


def _subclasses(base: Any) -> set[Any]:
    found = set(base.__subclasses__())
    return found | {inner for one in found for inner in _subclasses(one)}


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    os.environ["GOLIVE_HOME"] = tempfile.mkdtemp()
    os.environ["DJANGO_SETTINGS_MODULE"] = "golive.runtime.settings"
    drifted = [
        name for name, text in pages().items() if not (HERE / name).exists() or (HERE / name).read_text() != text
    ]
    if check:
        if drifted:
            print(f"docs/reference has drifted from the code: {', '.join(drifted)}; run `make docs`")
        return bool(drifted)
    HERE.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (HERE / name).write_text(text)
    print(f"wrote {len(pages())} pages to docs/reference" + (f"; changed: {', '.join(drifted)}" if drifted else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
