"""What `golive deploy` says of the folder it is given in: what ships, what does not, and what serves already."""

import subprocess

import pytest

from golive.adapters.git.mirrors import GitMirrors
from golive.cli.client import Client
from golive.cli.deploy import _goodbye
from golive.kernel.ports import bound
from golive.ship.artifacts.ports import Repositories
from golive.ship.releases.models import Release
from tests.support.ship_world import MANIFEST, world

pytestmark = pytest.mark.django_db(transaction=True)


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=M", "-c", "user.email=m@example.com")
    return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def folder(served, tmp_path):
    """A repository with one commit; golive's home and mirrors are in it too, as for whoever begins."""
    (tmp_path / ".gitignore").write_text(".golive\nmirrors\n")
    (tmp_path / "golive.toml").write_text(MANIFEST)
    (tmp_path / "index.html").write_text("hello")
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "First")
    return tmp_path


def notes(served, *arguments: str) -> str:
    said = served("deploy", "--dry-run", *arguments)
    assert said.code == 0, said.err
    return " ".join(said.err.split())


def test_with_everything_committed_there_is_nothing_to_note(served, folder):
    assert "note:" not in notes(served)


def test_work_that_is_not_committed_is_named_as_not_in_the_release(served, folder):
    (folder / "index.html").write_text("better")
    (folder / "about us.html").write_text("new")
    said = notes(served)
    assert "note: 2 changed files are not in this release: index.html, about us.html; commit them first" in said


def test_what_is_only_staged_is_not_committed(served, folder):
    (folder / "index.html").write_text("better")
    git("add", "index.html")
    assert "note: 1 changed file is not in this release: index.html; commit it first" in notes(served)


def test_of_many_only_a_few_are_named(served, folder):
    for number in range(9):
        (folder / f"{number}.html").write_text("new")
    assert "9 changed files are not in this release: 0.html, 1.html, 2.html and 6 more" in notes(served)


def test_work_in_the_folder_says_nothing_of_an_older_revision(served, folder):
    git("tag", "v1")
    git("commit", "-q", "--allow-empty", "-m", "Second")
    (folder / "index.html").write_text("better")
    assert "not in this release" not in notes(served, "v1")


def test_a_golive_toml_that_was_never_committed_is_said_to_count_from_the_folder(served, folder):
    git("rm", "-q", "--cached", "golive.toml")
    git("commit", "-q", "-m", "Without")
    said = notes(served)
    assert "note: golive.toml is not committed; the one in this folder counts, and no commit says so" in said
    assert "not in this release" not in said


def test_shipping_what_serves_already_is_said(served, folder):
    with world() as w, bound(Repositories, GitMirrors(folder / "mirrors")):
        one = w.ship("1.0")
        Release.objects.filter(pk=one).update(revision=git("rev-parse", "HEAD"))
        said = served("deploy", "--no-follow")
        assert said.code == 0, said.err
        assert "note: 1.0 is this very commit and serves already; it is shipped once more" in " ".join(said.err.split())
        git("commit", "-q", "--allow-empty", "-m", "Second")
        assert "serves already" not in served("deploy", "--no-follow").err


def test_a_revision_that_is_not_there_is_not_called_work_to_commit(served, folder):
    said = served("deploy", "nope")
    assert said.code == 4
    assert "There is no revision nope" in said.err
    assert "git log" in said.err
    assert "commit your work" not in said.err


def test_a_repository_without_a_commit_asks_for_one(served, tmp_path):
    git("init", "-q", "-b", "main")
    said = served("deploy")
    assert said.code == 4
    assert "commit your work first" in said.err


def test_the_last_word_names_who_is_held_back(served):
    with world() as w:
        client = Client()
        one = w.ship("1.0")
        assert _goodbye(client, client.get(f"/releases/{one}")).startswith("1.0 serves everyone at http")
        w.run(lambda: w.number > 600)
        two = w.ship("1.1")
        second = _goodbye(client, client.get(f"/releases/{two}"))
        assert second.startswith("1.1 serves 97 % of the users at http")
        assert "3 % stay on 1.0 for comparison during the first hour (`hold_back` in golive.toml)" in second


def test_a_database_outside_of_what_is_kept_is_named_with_the_way_to_keep_it(served):
    with world() as w:
        w.target.elsewhere = {"staging": ["a.log", "b.log", "c.log", "shop.sqlite3"]}
        w.ship("1.0")
        said = " ".join(served("show", "1.0").err.split())
        assert "outside of `keep` and lost with the next release: shop.sqlite3, a.log, b.log and 1 more; add" in said
        assert "`keep` in golive.toml" in said
