"""What a version means on the command line when several services have it."""

import pytest

from golive.cli.releases import resolve
from golive.kernel.problems import Conflict, NotFound

KNOWN = [
    {"id": "rel_3", "service": "shop", "version": "1.1", "revision": "cccc"},
    {"id": "rel_2", "service": "blog", "version": "1.0", "revision": "bbbb"},
    {"id": "rel_1", "service": "shop", "version": "1.0", "revision": "aaaa"},
    {"id": "rel_0", "service": "shop", "version": "0.9", "revision": "aaaa"},
]


class Client:
    def get(self, _path, **_query):
        return KNOWN


def test_a_version_of_one_service_is_its_release():
    assert resolve(Client(), "1.1") == "rel_3"


def test_a_version_of_several_services_is_never_guessed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Conflict) as refused:
        resolve(Client(), "1.0")
    assert refused.value.hint == "Name it by its id: rel_2 (blog), rel_1 (shop)."
    (tmp_path / "golive.toml").write_text('service = "shop"\n[processes.web]\ncommand = "run"\n')
    assert resolve(Client(), "1.0") == "rel_1"


def test_a_named_service_is_never_left_for_another():
    assert resolve(Client(), "1.0", "blog") == "rel_2"
    with pytest.raises(NotFound):
        resolve(Client(), "1.1", "blog")


def test_a_revision_is_its_newest_release():
    assert resolve(Client(), "aaa") == "rel_1"
    with pytest.raises(NotFound):
        resolve(Client(), "zzz")
