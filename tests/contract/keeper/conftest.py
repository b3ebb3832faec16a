import sys

import pytest

from golive.adapters.keeper import Keepers
from golive.ship.replicas.domain import ProcessSpec


@pytest.fixture
def keepers(tmp_path):
    keepers = Keepers(tmp_path / "run", tmp_path / "logs")
    yield keepers
    for state in keepers.list():
        keepers.stop(state.id, grace_s=0)
    keepers.kill_strays()


@pytest.fixture
def spec(tmp_path):
    def make(code, process_id="web-1", **settings):
        settings.setdefault("backoff_first_s", 0.02)
        settings.setdefault("env", {"PATH": "/usr/bin:/bin"})
        argv = (sys.executable, "-S", "-u", "-c", code)
        settings.setdefault("cwd", str(tmp_path))
        return ProcessSpec(id=process_id, argv=argv, **settings)

    return make


@pytest.fixture
def out(tmp_path):
    def read(process_id="web-1"):
        path = tmp_path / "logs" / process_id / "out.log"
        return path.read_text() if path.exists() else ""

    return read
