"""The releases' target on this machine: an artifact that was pruned, a verification that fails."""

import pytest

from golive.adapters.command.runner import MindedCommands
from golive.kernel.access.roles import GOLIVE
from golive.kernel.ports import bound
from golive.kernel.problems import Problem
from golive.ship.artifacts import operations as artifacts
from golive.ship.artifacts import queries as built
from golive.ship.commands.ports import CommandRunner
from golive.ship.releases.ports import Subject
from golive.ship.releases.workflows.local import LocalTarget
from golive.ship.services import operations as services

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = """service = "notes"
[build]
commands = ["date > built.txt"]
[processes]
web = { command = "python -m http.server $PORT" }
[environments.staging]
verify = ["echo the till is open; exit 3"]
"""


@pytest.fixture
def subject(tools, origin):
    row = services.register(by=GOLIVE, manifest_text=TEXT, repository=str(origin.path))
    origin.commit({"golive.toml": TEXT}, tag="v1.0")
    commit = artifacts.fetch(service="notes", repository=row.repository, revision="HEAD")
    fresh = Subject("rel_1", "1.0", "notes", commit.revision, TEXT)
    return Subject("rel_1", "1.0", "notes", commit.revision, TEXT, LocalTarget().build(fresh).digest)


def test_a_pruned_artifact_is_built_again(subject):
    artifacts.prune(in_use=(), keep=0)
    assert built.artifacts() == []
    (check,) = LocalTarget().verify(subject, "staging", "http://127.0.0.1:1")
    assert built.artifact(subject.digest).path.is_dir()
    assert not check.passed


def test_another_artifact_never_takes_its_place(subject, tools):
    class NewTools(MindedCommands):
        def toolchain(self):
            return {**super().toolchain(), "python": "from another time"}

    artifacts.prune(in_use=(), keep=0)
    with (
        bound(CommandRunner, NewTools(tools / "run" / "other")),
        pytest.raises(Problem, match="pruned"),
    ):
        LocalTarget().verify(subject, "staging", "http://127.0.0.1:1")


def test_a_failed_verification_says_why(subject):
    (check,) = LocalTarget().verify(subject, "staging", "http://127.0.0.1:1")
    assert "exit code 3" in check.detail
    assert "the till is open" in check.detail
