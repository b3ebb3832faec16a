"""What waits for a person is said with the commands that go on: `status`, `show`, and the next `deploy`."""

import subprocess

import pytest

from golive.adapters.git.mirrors import GitMirrors
from golive.kernel.ports import bound
from golive.ship.artifacts.ports import Repositories
from golive.ship.releases.models import Release
from tests.support.ship_world import MANIFEST, OPERATOR, World, canary, world

pytestmark = pytest.mark.django_db(transaction=True)
COMMANDS = ("golive resume 1.1", "golive rollback --service shop")


@pytest.fixture
def held(served, tmp_path):
    """A service in this directory whose release 1.1 is held for a person."""
    with world() as w, bound(Repositories, GitMirrors(tmp_path / "mirrors")):
        _one, two = canary(w)
        facts = Release.objects.get(pk=two).facts | {"began_with_release": True}
        Release.objects.filter(pk=two).update(state="HELD", share=0.0, facts=facts)
        (tmp_path / "golive.toml").write_text(MANIFEST)
        for command in (["init", "-q"], ["add", "golive.toml"], ["commit", "-q", "-m", "first"]):
            subprocess.run(
                ["git", "-c", "user.name=M", "-c", "user.email=m@example.com", *command], cwd=tmp_path, check=True
            )
        yield w


@pytest.mark.parametrize("command", [("status",), ("show", "1.1")])
def test_it_is_said_what_to_type(served, held: World, command):
    said = served(*command)
    assert "It waits for a person" in said.out
    for typed in COMMANDS:
        assert typed in said.out


def test_the_next_deploy_says_what_becomes_of_it(served, held: World):
    said = served("deploy", "--no-follow")
    assert said.code == 0, said.err
    assert "note: 1.1 is held. It waits for a person" in said.err
    assert "A newer deploy takes its turn" in said.err
    for typed in COMMANDS:
        assert typed in said.err
    newest = Release.objects.order_by("-created_at")[0]
    assert newest.requested_by != str(OPERATOR)


def test_with_a_dead_engine_a_verb_says_so_and_is_done_once_one_is_back(served, held: World):
    two = Release.objects.get(version="1.1")
    Release.objects.filter(pk=two.pk).update(state="STEP", share=0.1)
    said = served("pull", "1.1")
    assert said.code == 0, said.err
    assert "engine does not run" in said.err
    assert "kept and done as soon as it is back" in said.err
    held.clock.advance(11)
    heir = held.engine("next")
    held.drain(heir)
    assert held.state(two.pk) == "PULLED"
    assert served("rollback").code == 0
    held.drain(heir)
    assert held.state(two.pk) == "ROLLED_BACK"


def test_a_pull_needs_no_engine(served, held: World):
    two = Release.objects.get(version="1.1")
    Release.objects.filter(pk=two.pk).update(state="STEP", share=0.1)
    held.clock.advance(11)
    said = served("pull", "1.1")
    assert said.code == 0, said.err
    assert "Users are back on the release before it." in said.out
    assert "the control room took the users off in its place" in said.err
    assert held.state(two.pk) == "PULLED"
    again = served("pull", "1.1")
    assert (again.code, again.out) == (0, said.out)
