"""Reads the environment for the settings."""

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def flag(name: str) -> bool:
    """True for 1, true, yes and on."""
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def release() -> str:
    """The release's version from the standard telemetry variables, "local" in a checkout."""
    facts = dict(
        part.strip().split("=", 1)
        for part in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(",")
        if "=" in part
    )
    found = re.sub(r"[^A-Za-z0-9._+-]", "-", unquote(facts.get("service.version", "")))[:40]
    return found if found[:1].isalnum() else "local"


def words(name: str, default: str) -> list[str]:
    """A list separated by commas or blanks."""
    return os.environ.get(name, default).replace(",", " ").split()


def secret_key(folder: Path) -> str:
    """``SECRET_KEY``, else a key that all processes of the same data folder share (mode 0600)."""
    given = os.environ.get("SECRET_KEY")
    if given:
        return given
    path = folder / "secret.key"
    if not path.exists():
        draft = folder / f".secret.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # only one of several first starts wins, and never with half a key
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def database_from_url(url: str) -> dict[str, Any]:
    """Django's settings for ``postgresql://user:password@host:port/name?option=value`` with a pool of 10..50."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    pool = {
        "min_size": int(options.pop("pool_min", 10)),
        "max_size": int(options.pop("pool_max", 50)),
        "timeout": 5,
        # Attempts to connect grow apart until then and begin anew: never far apart when the database is back.
        "reconnect_timeout": 5,
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        # Connections of before a restart of the database are found dead by the pool, not by a visitor.
        "CONN_HEALTH_CHECKS": True,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": parts.port or "",
        "OPTIONS": {**options, "pool": pool},
    }
