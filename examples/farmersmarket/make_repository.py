#!/usr/bin/env python
"""Makes a git repository of the market's releases: ``make_repository.py DIR``.

``1.0`` is this folder with golive-app in ``vendor/``; each later release is a patch of ``releases/`` on the one
before, each broken version a branch and tag ``broken-NAME`` on the last good one. The same input gives the same
commit ids.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parent.parent / "packages" / "golive-app"
RELEASES = ("1.1", "1.2", "1.3")
LEFT_OUT = shutil.ignore_patterns(
    ".venv",
    "data",
    "media",
    "staticfiles",
    "vendor",
    "releases",
    "bench",
    "make_repository.py",
    "test_releases.py",
    "__pycache__",
    "*.pyc",
    ".*_cache",
    ".coverage",
    ".hypothesis",
)
FIRST_DAY = 1_760_000_000


class Repository:
    """A git repository with an author and dates that are always the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._commits = 0

    def git(self, *words: str) -> None:
        when = f"{FIRST_DAY + 3600 * self._commits} +0000"
        person = {"NAME": "Mara Keller", "EMAIL": "mara@market.example", "DATE": when}
        names = {
            f"GIT_{part}_{key}": value
            for part in ("AUTHOR", "COMMITTER")
            for key, value in person.items()
        }
        clean = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        subprocess.run(
            ["git", "-C", str(self._folder), *words],
            env={**clean, **alone, **names},
            check=True,
            stdout=subprocess.DEVNULL,
        )

    def commit(self, message: str, tag: str) -> None:
        self._commits += 1
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--no-verify", "--message", message)
        self.git("tag", tag)


def make(folder: Path, manifest: Path | None = None) -> None:
    """Fills ``folder``, which must be new or empty; ``manifest`` takes the place of golive.toml.

    Raises ``FileExistsError`` when there is something in ``folder``.
    """
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    shutil.copytree(HERE, folder, ignore=LEFT_OUT, dirs_exist_ok=True)
    shutil.copytree(
        LIBRARY,
        folder / "vendor" / "golive-app",
        ignore=shutil.ignore_patterns("tests", "docs", "__pycache__", "*.pyc", ".*_cache"),
    )
    if manifest:
        shutil.copyfile(manifest, folder / "golive.toml")
    repository = Repository(folder)
    repository.git("init", "--quiet", "--initial-branch", "main")
    repository.commit("Open the market", "1.0")
    for version in RELEASES:
        _apply(repository, HERE / "releases" / f"{version}.patch", version)
    for patch in sorted((HERE / "releases").glob("broken-*.patch")):
        repository.git("checkout", "--quiet", "-b", f"{patch.stem}-branch", "1.3")
        _apply(repository, patch, patch.stem)
    repository.git("checkout", "--quiet", "main")


def _apply(repository: Repository, patch: Path, tag: str) -> None:
    subject = patch.read_text().split("\n", 1)[0].removeprefix("Subject: ")
    repository.git("apply", str(patch))
    repository.commit(subject, tag)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--manifest", type=Path, help="a golive.toml to use instead")
    options = parser.parse_args()
    make(options.folder, options.manifest)
    return 0


if __name__ == "__main__":
    sys.exit(main())
