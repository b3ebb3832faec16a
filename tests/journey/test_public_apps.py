"""Apps that nobody here wrote: named in a repository, found by `golive init`, shipped three times, their data kept.

The quickest run always; GOLIVE_ALL_APPS=1 runs all of them (several minutes each on a busy machine).
"""

import os

import pytest

from bench.public_apps import APPS, MOST_LINES, NotReachableError, reachable, ship
from tools.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
QUICKEST = {"json-server", "datasette"}
MOST_EDITS = 2  # none for most; a Django app has to be told who its first user is


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_a_public_app_ships_and_keeps_its_data(tmp_path, app):
    if app.name not in QUICKEST and not os.environ.get("GOLIVE_ALL_APPS"):
        pytest.skip("runs with GOLIVE_ALL_APPS=1")
    try:
        reachable(app)
    except NotReachableError as error:
        pytest.skip(f"the package index cannot be reached: {error}")
    lab = Lab(tmp_path / "lab")
    try:
        lab.up()
        found = ship(lab, app)
    finally:
        lab.down()
    assert found.kept
    assert found.failed == 0, found.failures
    assert found.requests > 0
    assert found.init_lines <= MOST_LINES
    assert found.edits <= MOST_EDITS
