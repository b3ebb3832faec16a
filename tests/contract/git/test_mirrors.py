"""Mirrors of repositories, from real ones."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from golive.adapters.git.mirrors import GitMirrors
from golive.ship.artifacts.ports import FetchFailed
from tests.support.repositories import Repository


@pytest.fixture
def origin(tmp_path):
    return Repository(tmp_path / "origin")


@pytest.fixture
def mirrors(tmp_path):
    return GitMirrors(tmp_path / "mirrors")


def test_branch_tag_hash_and_head_are_resolved(origin, mirrors):
    first = origin.commit({"a.txt": "1"}, "First", tag="v1.0")
    second = origin.commit({"a.txt": "2"}, "Second")
    assert mirrors.fetch("shop", str(origin.path), "main") == second
    assert mirrors.fetch("shop", str(origin.path), "HEAD") == second
    assert mirrors.fetch("shop", str(origin.path), "v1.0") == first
    assert mirrors.fetch("shop", str(origin.path), first) == first
    assert mirrors.fetch("shop", str(origin.path), first[:12]) == first


def test_a_mirror_of_years_is_packed_and_keeps_what_was_fetched(origin, mirrors, tmp_path):
    first = origin.commit({"a.txt": "1"})
    mirrors.fetch("shop", str(origin.path), "main")
    mirror = tmp_path / "mirrors/shop.git"
    for number in range(60):  # as many fetches leave as many packs
        blob = Repository.run(mirror, "hash-object", "-w", "--stdin", text=f"{number}")
        Repository.run(mirror, "pack-objects", "-q", "objects/pack/pack", text=f"{blob}\n")
    origin.commit({"a.txt": "2"})
    mirrors.fetch("shop", str(origin.path), "main")
    assert len(list((mirror / "objects/pack").glob("*.pack"))) < 5
    assert mirrors.read("shop", first, "a.txt") == "1"


def test_a_commit_has_its_version_and_author(origin, mirrors):
    first = origin.commit({"a.txt": "1"}, "First", tag="v1.0")
    second = origin.commit({}, "<script>alert(1)</script>")
    mirrors.fetch("shop", str(origin.path), "main")
    assert mirrors.commit("shop", first).version == "1.0"
    commit = mirrors.commit("shop", second)
    assert (commit.version, commit.author, commit.email) == (second[:10], "Ada", "ada@example.org")
    assert commit.subject == "<script>alert(1)</script>"


@pytest.mark.parametrize("date", ["99999999999999", "253402300800", "253402300799", "-62135596801", "x", ""])
def test_a_commit_with_a_date_that_cannot_be_hides_nothing(origin, mirrors, date):
    first = origin.commit({}, "First")
    who = f"Ada <ada@example.org> {date} +0000"
    text = f"tree {origin.git('rev-parse', 'HEAD^{tree}')}\nparent {first}\nauthor {who}\ncommitter {who}\n\nOdd\n"
    odd = origin.run(origin.path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", text=text)
    origin.git("reset", "-q", "--hard", odd)
    last = origin.commit({}, "Last")
    mirrors.fetch("shop", str(origin.path), "main")
    assert [(c.subject, c.at.year) for c in mirrors.commits("shop", first, last, 10)][1] == ("Odd", 1970)
    assert mirrors.commit("shop", odd).subject == "Odd"


def test_commits_between(origin, mirrors):
    hashes = [origin.commit({}, f"Number {n}") for n in range(4)]
    mirrors.fetch("shop", str(origin.path), "main")
    between = mirrors.commits("shop", hashes[0], hashes[3], 10)
    assert [c.subject for c in between] == ["Number 3", "Number 2", "Number 1"]
    assert mirrors.commits("shop", "--all", hashes[3], 10) == []


def test_all_who_wrote_something_between_are_known(origin, mirrors):
    first = origin.commit({}, "Of Ada")

    def write(who, message):
        origin.git("commit", "-q", "--allow-empty", f"--author={who} <{who}@example.org>", "-m", message)

    write("Boris", "The change")
    for n in range(3):
        write("mira", f"Number {n}\n\nCo-authored-by: Olga <Olga@example.org>\nCo-authored-by: Otto <otto@example.org>")
    last = origin.git("rev-parse", "HEAD")
    mirrors.fetch("shop", str(origin.path), "main")
    written = [f"{who}@example.org" for who in ("boris", "mira", "olga", "otto")]
    assert mirrors.authors("shop", first, last) == written
    for unknown in ("f" * 40, "--all"):
        assert mirrors.authors("shop", unknown, last) == ["ada@example.org", *written]
    assert mirrors.authors("shop", last, first) == []
    with pytest.raises(FetchFailed):
        mirrors.authors("shop", first, "f" * 40)


def test_files_and_identity(origin, mirrors):
    first = origin.commit({"golive.toml": "x = 1", "src/a.py": "1", "docs/b.md": "1"})
    second = origin.commit({"docs/b.md": "2"})
    mirrors.fetch("shop", str(origin.path), "main")
    assert mirrors.read("shop", first, "golive.toml") == "x = 1"
    assert mirrors.read("shop", first, "missing") is None
    assert mirrors.identity("shop", first) != mirrors.identity("shop", second)
    assert mirrors.identity("shop", first, ("src",)) == mirrors.identity("shop", second, ("src/",))
    assert mirrors.identity("shop", first, ("docs",)) != mirrors.identity("shop", second, ("docs",))


def test_check_out_is_the_tree_alone(origin, mirrors, tmp_path):
    first = origin.commit({"a.txt": "1", "deep/b.txt": "2"})
    origin.commit({"a.txt": "changed"})
    mirrors.fetch("shop", str(origin.path), "main")
    mirrors.check_out("shop", first, tmp_path / "out")
    assert (tmp_path / "out/a.txt").read_text() == "1"
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.txt", "deep"]


def test_a_fetched_revision_survives_a_force_push(origin, mirrors):
    lost = origin.commit({"a.txt": "1"}, "Will be gone")
    mirrors.fetch("shop", str(origin.path), "main")
    origin.git("commit", "-q", "--amend", "-m", "Rewritten")
    mirrors.fetch("shop", str(origin.path), "main")
    subprocess.run(["git", f"--git-dir={mirrors._mirror('shop')}", "gc", "-q", "--prune=now"], check=True)
    assert mirrors.commit("shop", lost).subject == "Will be gone"


@pytest.mark.parametrize(
    "revision",
    ["--upload-pack=touch /tmp/x", "-x", "main..other", "a b", "", "main@{1}", "x\0y", "$(id)"],
)
def test_hostile_revisions_are_refused(origin, mirrors, revision):
    origin.commit({"a.txt": "1"})
    with pytest.raises(FetchFailed):
        mirrors.fetch("shop", str(origin.path), revision)


@pytest.mark.parametrize(
    "repository",
    ["ext::sh -c touch% {mark}", "--upload-pack=touch {mark}", "/nonexistent/repo", "fd::17"],
)
def test_hostile_repositories_run_nothing(mirrors, tmp_path, repository):
    mark = tmp_path / "mark"
    with pytest.raises(FetchFailed):
        mirrors.fetch("shop", repository.format(mark=mark), "main")
    assert not mark.exists()


def test_unknown_revision_is_named(origin, mirrors):
    origin.commit({"a.txt": "1"})
    with pytest.raises(FetchFailed, match="no branch, tag or commit 'nowhere'"):
        mirrors.fetch("shop", str(origin.path), "nowhere")


def test_two_fetches_at_once(origin, mirrors):
    revision = origin.commit({"a.txt": "1"})
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: mirrors.fetch("shop", str(origin.path), "main"), range(6)))
    assert found == [revision] * 6


def test_a_shallow_clone_can_be_shipped(origin, mirrors, tmp_path):
    for n in range(3):
        revision = origin.commit({"a.txt": str(n)})
    shallow = Repository(tmp_path / "shallow")
    shallow.git("pull", "-q", "--depth=1", f"file://{origin.path}", "main")
    assert mirrors.fetch("shop", str(shallow.path), "HEAD") == revision
    assert mirrors.read("shop", revision, "a.txt") == "2"
