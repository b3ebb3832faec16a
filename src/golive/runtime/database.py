"""The state database: SQLite in the home directory, or PostgreSQL by one variable."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from golive.kernel.config import ConfigInvalid, Settings

# WAL with one IMMEDIATE writer: 7k transactions a second with six processes and no "database is locked";
# FULL because an acknowledged row must survive a power cut.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;",
}

POOL_WAIT_S = 10  # a server that is away is said to be away after this; a busy pool has long given a connection back


def database(settings: Settings) -> dict[str, Any]:
    """Return Django's DATABASES entry. Raises ConfigInvalid for an address that is not PostgreSQL's."""
    if not settings.database_url:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": settings.sqlite,
            "OPTIONS": SQLITE_OPTIONS,
        }
    url = urlsplit(settings.database_url)
    if url.scheme not in {"postgres", "postgresql"}:
        raise ConfigInvalid(
            "GOLIVE_DATABASE_URL must start with postgresql://",
            hint="Correct the variable; without it golive uses SQLite.",
        )
    query = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.pop("host", url.hostname or ""),
        "PORT": str(url.port or ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 20, "timeout": POOL_WAIT_S}, **query},
    }
