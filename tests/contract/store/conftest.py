import pytest

from tests.support.store import StoreProcess


@pytest.fixture(scope="package")
def store(tmp_path_factory):
    process = StoreProcess(tmp_path_factory.mktemp("store")).start()
    yield process
    assert process.stop() == 0


@pytest.fixture
def own_store(tmp_path):
    made = []

    def make(**settings):
        process = StoreProcess(tmp_path / f"store{len(made)}", **settings)
        made.append(process)
        return process

    yield make
    for process in made:
        if process.process is not None and process.process.poll() is None:
            process.stop()
