"""The home of a golive in a repository."""

import subprocess

from golive.kernel.config import Settings


def test_git_never_takes_keys_and_data_in(tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    home = Settings(home=tmp_path / ".golive")
    home.prepare()
    home.secret()
    home.prepare()
    seen = subprocess.run(
        ["git", "-C", str(tmp_path), "status", "--porcelain", "-uall"], check=True, capture_output=True, text=True
    )
    assert seen.stdout == ""
