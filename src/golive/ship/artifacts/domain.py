"""Commits and artifacts as values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Commit:
    """A revision (40 hex digits); `version` is the tag on it, else the short revision. Texts are the author's."""

    revision: str
    subject: str
    author: str
    email: str
    at: datetime
    version: str


@dataclass(frozen=True)
class Artifact:
    """Something built, read-only, at its final path; `digest` is of all that went in (64 hex digits).

    `seconds` is the time of the build; `reused` says that an earlier build served again.
    """

    digest: str
    path: Path
    revision: str
    seconds: float
    reused: bool


def input_digest(
    *,
    tree: str,
    commands: tuple[str, ...],
    env: Mapping[str, str],
    toolchain: Mapping[str, str],
    run_as: str | None = None,
) -> str:
    """Return the SHA-256 (hex) of all that goes into a build: same digest, same artifact, of one user alone."""
    inputs = {
        "layout": 1,
        "tree": tree,
        "commands": list(commands),
        "env": dict(env),
        "toolchain": dict(toolchain),
        **({"run_as": run_as} if run_as else {}),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()
