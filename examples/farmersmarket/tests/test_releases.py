"""The releases of the demo can be made, and the same input makes the same commits."""

import subprocess
from pathlib import Path

import make_repository
import pytest


def _tags(folder: Path) -> dict[str, str]:
    lines = subprocess.run(
        ["git", "-C", str(folder), "show-ref", "--tags"], check=True, capture_output=True, text=True
    ).stdout
    return {line.split("/")[-1]: line.split()[0] for line in lines.splitlines()}


def test_every_release_applies_and_is_reproducible(tmp_path: Path) -> None:
    make_repository.make(tmp_path / "one")
    make_repository.make(tmp_path / "two")
    tags = _tags(tmp_path / "one")
    assert tags == _tags(tmp_path / "two")
    broken = {path.stem for path in (make_repository.HERE / "releases").glob("broken-*.patch")}
    assert set(tags) == {"1.0", "1.1", "1.2", "1.3"} | broken


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(FileExistsError):
        make_repository.make(tmp_path)
