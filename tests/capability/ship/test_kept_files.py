"""Kept files of apps that write a new file and rename it over the old one, which cuts the link."""

import os

import pytest

from golive.ship.artifacts.domain import Artifact
from golive.ship.replicas import queries
from golive.ship.replicas.domain import ReleaseRef
from golive.ship.replicas.operations.sites import lay
from tests.capability.ship.conftest import manifest

WANTED = manifest('keep = ["notes.json"]\nprocesses = { web = { command = "true" } }\n')


@pytest.fixture
def artifact(home, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "notes.json").write_text("first")
    return Artifact("d" * 64, tmp_path / "app", "r" * 40, 0.0, reused=False)


def replace_file(place, text, at):
    draft = place.with_name("draft")
    draft.write_text(text)
    os.utime(draft, (at, at))
    draft.replace(place)


def test_the_next_release_gets_what_was_written_last(artifact):
    one = lay(ReleaseRef("rel_1", "1", "shop"), "production", artifact, WANTED) / "notes.json"
    assert one.is_symlink()
    replace_file(one, "second", at=4_000_000_000)
    two = lay(ReleaseRef("rel_2", "2", "shop"), "production", artifact, WANTED) / "notes.json"
    assert two.is_symlink()
    assert two.read_text() == "second"
    replace_file(two, "third", at=4_000_000_001)
    three = lay(ReleaseRef("rel_3", "3", "shop"), "production", artifact, WANTED) / "notes.json"
    assert three.read_text() == "third"


def test_only_what_is_lost_with_the_release_is_told(artifact):
    one = lay(ReleaseRef("rel_1", "1", "shop"), "production", artifact, WANTED) / "notes.json"
    replace_file(one, "second", at=4_000_000_000)
    one.with_name("upload.png").write_text("picture")
    assert queries.stray_writes("rel_1", "production") == ["upload.png"]


def test_an_older_copy_and_another_place_never_win(artifact):
    one = lay(ReleaseRef("rel_1", "1", "shop"), "production", artifact, WANTED) / "notes.json"
    replace_file(one, "old", at=1)
    staging = lay(ReleaseRef("rel_1", "1", "shop"), "staging", artifact, WANTED) / "notes.json"
    replace_file(staging, "staging", at=4_000_000_000)
    two = lay(ReleaseRef("rel_2", "2", "shop"), "production", artifact, WANTED) / "notes.json"
    assert two.read_text() == "first"
