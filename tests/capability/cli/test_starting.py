"""What `golive up` says of a machine that is not as it should be."""

import getpass

import pytest

from golive.adapters.keeper import Keepers
from golive.kernel.config import ConfigInvalid, Settings
from golive.runtime import lifecycle
from golive.ship.replicas.domain import ProcessSpec


@pytest.mark.parametrize(
    ("login", "name"),
    [("mira", "mira"), ("jane@corp.example", "jane-corp.example"), ("CORP\\jane", "CORP-jane"), ("@", "admin")],
)
def test_any_login_name_makes_an_address(login, name, monkeypatch):
    monkeypatch.setenv("LOGNAME", login)
    assert getpass.getuser() == login
    assert lifecycle._login_name() == name


def test_a_part_that_ends_whenever_it_is_started_is_said_at_once_with_its_last_words(tmp_path):
    settings = Settings(home=tmp_path)
    settings.prepare()
    keepers = Keepers(settings.run, settings.logs)
    line = "echo first; echo 'this CPU lacks SSE4.2' >&2; exit 4"
    keepers.start(ProcessSpec("golive-store", ("/bin/sh", "-c", line), "/", backoff_first_s=0.01))
    try:
        with pytest.raises(lifecycle.NotStarted) as refused:
            lifecycle._wait(settings, "store", lambda: False, "golive-store")
    finally:
        keepers.stop("golive-store", grace_s=0)
    assert refused.value.detail == (
        "The store ends whenever it is started (exit 4). It said last: this CPU lacks SSE4.2"
    )


class Drvfs(type(Settings().home)):
    """A path on a file system that keeps no permissions."""

    def stat(self, **more):
        found = super().stat(**more)
        return type(found)([found.st_mode | 0o777, *found[1:]])


def test_a_file_system_without_permissions_is_refused_in_words(tmp_path):
    home = Settings(home=tmp_path / "home").model_copy(update={"home": Drvfs(tmp_path / "home")})
    with pytest.raises(ConfigInvalid) as refused:
        home.prepare()
    assert "/mnt" in refused.value.hint
