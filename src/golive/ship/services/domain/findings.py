"""What detection finds in a repository, and its text as golive.toml."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_LINES = 25
SERVE_FILES = "python -m http.server $PORT --bind 127.0.0.1 --directory {folder}"
Files = Mapping[str, str]


@dataclass(frozen=True)
class Findings:
    """The parts of a golive.toml. `gates` are pairs of name and command, `processes` commands by name, `web` among them.

    `todo`: what is left to a person, who did not get a command that works.
    `alone`: the app holds its data in memory, so that only one web replica may run.
    """

    kind: str
    processes: dict[str, str]
    build: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    sqlite: str = ""
    migrate: str = ""
    gates: tuple[tuple[str, str], ...] = ()
    todo: str = ""
    alone: bool = False


def write(service: str, found: Findings) -> str:
    """Return golive.toml for people: at most 25 lines, each table with a word about it."""
    article = "an" if found.kind[0] in "AEIOUaeiou" else "a"
    head = [f"# How golive builds, checks and runs this service ({article} {found.kind})."]
    head += [f"service = {json.dumps(service)}"]
    if found.keep:
        head += [f"keep = {_list(found.keep)}  # data: once per environment, outside the releases"]
    blocks = [head]
    if found.build:
        blocks.append(["[build]  # once per revision", f"commands = {_list(found.build)}"])
    blocks.append(_processes(found))
    if found.migrate or found.sqlite:
        database = ["[database]  # backed up before each release"]
        database += [f"migrate = {json.dumps(found.migrate)}"] if found.migrate else []
        database += [f"sqlite = {json.dumps(found.sqlite)}"] if found.sqlite else []
        blocks.append(database)
    for name, command in found.gates[:2]:
        blocks.append(
            [
                "[[gates]]  # has to pass before anyone gets the release",
                f"name = {json.dumps(name)}",
                f"command = {json.dumps(command)}",
            ]
        )
    production = ["[environments.production]", "approvals = 0  # how many people have to say yes"]
    if found.alone:
        production += [
            'strategy = "bluegreen"  # data in memory: two releases at once would differ',
            "hold_back = 0",
        ]
    blocks.append(production)
    lines = "\n\n".join("\n".join(block) for block in blocks).splitlines()
    if len(lines) > MOST_LINES:
        lines = [line for line in lines if line]
    return "\n".join(lines) + "\n"


def _processes(found: Findings) -> list[str]:
    web = found.processes["web"]
    listens = "listens" if "127.0.0.1" in web and "$PORT" in web else "has to listen"
    block = [f"[processes]  # web {listens} on 127.0.0.1:$PORT"]
    if found.todo:
        block.append(f"# {found.todo}")
    for name, command in list(found.processes.items())[:8]:
        one = ", replicas = 1" if found.alone and name == "web" else ""
        block.append(f"{name} = {{ command = {json.dumps(command)}{one} }}")
    return block


def _list(values: tuple[str, ...]) -> str:
    return json.dumps(list(values))


def service_name(folder: str) -> str:
    """Return a folder's name as a service name."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:40].strip("-")
    return name or "app"
