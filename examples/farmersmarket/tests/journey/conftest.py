"""Real servers on a database file of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Market


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    running = Market(tmp_path)
    yield running
    running.end()
