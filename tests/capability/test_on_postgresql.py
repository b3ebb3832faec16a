"""The suites of releases and of those who respond once more, with their state in PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.postgres import Postgres, postgres

__all__ = ["postgres"]
ROOT = Path(__file__).parents[2]
SUITES = (
    "durable/test_jobs.py",
    "kernel/test_live.py",
    "releases/test_people.py",
    "releases/test_owners.py",
    "releases/test_overtaken.py",
    "releases/test_wishes.py",
    "releases/test_cancelled.py",
    "releases/test_way.py",
    "releases/test_trouble.py",
    "releases/test_serving_in_trouble.py",
    "releases/test_names.py",
    "releases/test_incidents.py",
    "releases/test_refused.py",
    "releases/test_api.py",
    "ship/test_cancel.py",
    "respond/test_incidents.py",
    "respond/test_paging.py",
    "respond/test_notices.py",
    "respond/test_work_given_up.py",
    "respond/test_reach.py",
)


@pytest.mark.postgres
@pytest.mark.timeout(600)
@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_passes_with_its_state_in_postgresql(postgres: Postgres, suite: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GOLIVE_", "PYTEST_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", f"tests/capability/{suite}"],
        cwd=ROOT,
        env=environment | {"GOLIVE_DATABASE_URL": postgres.new_database()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
