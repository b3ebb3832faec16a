"""Small git repositories for tests."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENV = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
}


class Repository:
    """A repository with a work tree at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        return self.run(self.path, *arguments)

    @staticmethod
    def run(path: Path, *arguments: str, text: str = "") -> str:
        """Run git in any repository."""
        done = subprocess.run(
            ["git", *arguments], cwd=path, env=_ENV, check=True, capture_output=True, text=True, input=text
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str], message: str = "Change", tag: str = "") -> str:
        """Write files, commit all, return the hash."""
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")
