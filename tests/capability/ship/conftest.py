"""Real git, real commands and a home folder per test."""

from pathlib import Path

import pytest

from golive.adapters.command.runner import MindedCommands
from golive.adapters.git.mirrors import GitMirrors
from golive.kernel.config import parse_toml, settings
from golive.kernel.ports import bound
from golive.ship.artifacts.ports import Repositories
from golive.ship.commands.ports import CommandRunner
from golive.ship.services.domain.manifest import Manifest
from tests.support.repositories import Repository


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Settings with a home of this test's own."""
    fresh = settings().model_copy(update={"home": tmp_path / "home"})
    fresh.prepare()
    for part in ("home", "artifacts"):
        assert getattr(fresh, part).is_dir()
    own = settings()
    before = own.home
    object.__setattr__(own, "home", fresh.home)
    yield fresh.home
    object.__setattr__(own, "home", before)


@pytest.fixture
def tools(home):
    """The real adapters of git and commands."""
    with (
        bound(Repositories, GitMirrors(home / "repositories")),
        bound(CommandRunner, MindedCommands(home / "run" / "commands")),
    ):
        yield home


@pytest.fixture
def origin(tmp_path):
    return Repository(tmp_path / "origin")


def keep_secrets(home: Path, environment: str, text: str) -> Path:
    """Write the file with the secrets of the service shop there; returns it."""
    file = home / f"secrets/shop/{environment}.env"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def manifest(text: str) -> Manifest:
    """Return a manifest of the service shop from its tables."""
    return parse_toml(Manifest, f'service = "shop"\n{text}', "golive.toml")
