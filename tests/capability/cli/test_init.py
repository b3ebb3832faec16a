"""`golive init` says at once what would stand in the way of the first release."""

import subprocess

import pytest


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def test_it_refuses_a_folder_inside_of_a_repository(golive, tmp_path, monkeypatch):
    git("init", "-q", str(tmp_path))
    (tmp_path / "shop").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    said = golive("init")
    assert said.code == 4
    assert f"Run the command in {tmp_path}, or" in said.err.replace("\n", " ")
    assert not (tmp_path / "shop" / "golive.toml").exists()


@pytest.mark.parametrize("repository", [True, False])
def test_it_says_that_a_release_is_made_of_commits(golive, tmp_path, repository):
    (tmp_path / "index.html").write_text("hello")
    if repository:
        git("init", "-q", str(tmp_path))
    said = golive("init")
    assert said.code == 0
    assert ("`git init`, then commit" in said.err) is not repository
    assert "is the above right?" in said.err


def test_it_says_that_it_found_no_command(golive, tmp_path):
    (tmp_path / "main.go").write_text("package main")
    said = golive("init")
    assert said.code == 0
    assert "nothing here says how your app starts" in said.err
    assert "is the above right?" not in said.err
    assert "exit 1" in (tmp_path / "golive.toml").read_text()
