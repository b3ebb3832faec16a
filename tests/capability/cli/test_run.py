"""`golive run`: the command has the terminal, its exit code comes back, and the audit log knows of it."""

import os
import signal
import subprocess
import sys

import pytest

from golive.cli import run
from golive.cli.client import Client
from golive.kernel.audit import queries as audit
from golive.kernel.config import settings
from golive.runtime import terminal
from golive.ship.releases.models import Release
from tests.support.ship_world import MANIFEST, world

ENV = {"PATH": os.environ["PATH"], "ANSWER": "42"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("raise SystemExit(0)", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 15)", 128 + 15),
    ],
)
def test_the_exit_code_is_passed_on(tmp_path, code, expected):
    before = signal.getsignal(signal.SIGINT)
    assert terminal.attach([sys.executable, "-c", code], tmp_path, ENV) == expected
    assert signal.getsignal(signal.SIGINT) == before


def test_input_output_folder_and_environment_are_the_commands_own(tmp_path):
    inner = "import os; print(input() + os.environ['ANSWER'] + os.getcwd(), flush=True)"
    outer = f"""
import sys, pathlib
from golive.runtime import terminal
sys.exit(terminal.attach([sys.executable, "-c", {inner!r}], pathlib.Path({str(tmp_path)!r}), {ENV!r}))
"""
    done = subprocess.run([sys.executable, "-c", outer], input="hello ", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, f"hello 42{tmp_path}")


def test_a_command_that_is_not_there_is_named(tmp_path):
    with pytest.raises(terminal.NoSuchCommand, match="nothing-such cannot be run") as problem:
        terminal.attach(["nothing-such"], tmp_path, ENV)
    assert problem.value.exit_code == 127


def test_an_end_that_cannot_be_kept_is_said_and_nothing_else(golive, capsys):
    settings().home.mkdir()
    (settings().home / "token").write_text("golive_x")
    run._note_end(Client(), "run_1", 7)
    assert "does not know that it ended" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
class TestWithAControlRoom:
    def test_nothing_serves(self, served):
        said = served("run", "--service", "shop", "--", "true")
        assert said.code == 4
        assert "Nothing of shop serves in production." in said.err
        assert "try: Ship it first" in said.err

    def test_who_ran_what_and_how_it_ended_is_kept(self, served, tmp_path):
        with world() as w:
            one = w.ship("1.0")
            (tmp_path / "golive.toml").write_text(MANIFEST)
            Release.objects.filter(pk=one).update(digest="")  # nothing is built here
            said = served("run", "--", "python", "manage.py", "check", "--deploy")
            assert said.code == 1
            assert "is not built yet" in said.err
            ended, began = audit.latest(limit=2)
            assert (began.action, began.actor) == ("command.began", "mira@example.org")
            assert began.facts["command"] == "python manage.py check --deploy"
            assert began.facts["release"] == one
            assert (ended.action, ended.facts, ended.subject) == (
                "command.ended",
                {"exit_code": 1},
                began.subject,
            )
