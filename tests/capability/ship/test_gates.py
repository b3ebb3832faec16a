"""Gates of real commands on a real artifact."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from golive.adapters.command.runner import MindedCommands
from golive.kernel import clock
from golive.kernel.ports import bound
from golive.ship.artifacts import operations as artifacts
from golive.ship.commands.domain import Stopped
from golive.ship.commands.ports import CommandRunner
from golive.ship.gates import operations, queries
from golive.ship.gates.domain import GateState
from golive.ship.gates.models import Run
from tests.capability.ship.conftest import keep_secrets, manifest
from tests.support import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
WEB = '[processes.web]\ncommand = "true"\n'
PASS, FAIL, UNKNOWN, SKIPPED = GateState.PASS, GateState.FAIL, GateState.UNKNOWN, GateState.SKIPPED


def gates(**commands: str):
    return manifest(WEB + "".join(f'[[gates]]\nname = "{name}"\n{text}\n' for name, text in commands.items()))


def command(line: str) -> str:
    return f"command = {json.dumps(line)}"


@pytest.fixture
def build(tools, origin, tmp_path):
    def make(files=None):
        revision = origin.commit({"app.py": "x = 1", **(files or {})})
        artifacts.fetch(service="shop", repository=str(origin.path), revision="main")
        return artifacts.build(service="shop", revision=revision, manifest=gates(), log=tmp_path / "log")

    return make


def run(release, artifact, plan):
    report = operations.run_all(release=release, service="shop", artifact=artifact, manifest=plan)
    return report, {run.name: run for run in report.runs}


def test_states_are_told_with_why(build):
    plan = gates(
        good=command("test -e app.py && echo fine"),
        bad=command("echo three tests failed; exit 1"),
        gone=command("no-such-linter"),
        hangs=command("echo waiting; sleep 60") + '\ntimeout = "400ms"',
        after=command("true") + '\nneeds = ["bad"]',
        later=command("true") + '\nneeds = ["good"]',
    )
    report, found = run("rel_1", build(), plan)
    assert not report.passed
    assert [r.name for r in report.runs] == ["good", "bad", "gone", "hangs", "after", "later"]
    assert {name: r.state for name, r in found.items()} == {
        "good": PASS,
        "bad": FAIL,
        "gone": UNKNOWN,
        "hangs": UNKNOWN,
        "after": SKIPPED,
        "later": PASS,
    }
    assert "three tests failed" in found["bad"].why
    assert "not found" in found["gone"].why
    assert "limit of 0.4 s" in found["hangs"].why
    assert "bad did not pass" in found["after"].why
    assert queries.log(found["good"].id).text == "fine\n"
    assert queries.log(found["good"].id).complete


@pytest.mark.parametrize("line", ["cat {file}; exit 1", "cat {file}; exit 127"])
def test_what_a_gate_says_of_a_secret_is_not_told(build, home, line):
    file = keep_secrets(home, "production", "API_KEY=TOPSECRET\n")
    _, found = run("rel_1", build(), gates(unit=command(line.format(file=file))))
    assert "API_KEY=[secret API_KEY]" in found["unit"].why
    assert "TOPSECRET" not in found["unit"].why + found["unit"].summary


def test_what_a_gates_report_says_of_a_secret_is_not_told(build, home):
    keep_secrets(home, "production", "API_KEY=TOPSECRET\n")
    report = {"vulnerabilities": {"TOPSECRET": {"severity": "high", "via": []}}, "metadata": {"dependencies": 3}}
    plan = gates(audit=command(f"echo '{json.dumps(report)}'") + '\nreads = { audit = "stdout" }')
    _, found = run("rel_1", build(), plan)
    assert "[secret API_KEY]" in found["audit"].why
    assert "TOPSECRET" not in found["audit"].why + found["audit"].summary


def test_a_proof_is_used_again_until_code_command_or_time_change(build, tmp_path):
    count = tmp_path / "count"
    plan = gates(unit=command(f"echo x >> {count}"))
    first = build()
    assert run("rel_1", first, plan)[0].passed
    report, found = run("rel_2", first, plan)
    assert report.passed
    assert found["unit"].reused
    assert count.read_text() == "x\n"
    run("rel_3", build({"app.py": "x = 2"}), plan)
    assert count.read_text() == "x\nx\n"
    run("rel_4", first, gates(unit=command(f"echo x >> {count}; true")))
    assert count.read_text() == "x\nx\nx\n"
    Run.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert not run("rel_5", first, plan)[1]["unit"].reused
    assert count.read_text() == "x\nx\nx\nx\n"


def test_a_proof_is_no_older_than_its_gate_now_says(build):
    def plan(expires):
        return gates(docs=command("true") + f'\ninputs = ["docs"]\nexpires = "{expires}"')

    hours = timedelta(hours=1)
    run("rel_1", build({"docs/a.md": "1"}), plan("30d"))
    Run.objects.update(started_at=clock.now() - 2 * hours)
    used = run("rel_2", build({"app.py": "x = 2"}), plan("3h"))[1]["docs"]
    assert used.reused
    assert used.expires_at <= clock.now() + hours
    assert not run("rel_3", build({"app.py": "x = 3"}), plan("1h"))[1]["docs"].reused


def test_a_failure_is_no_proof(build, tmp_path):
    count = tmp_path / "count"
    plan = gates(unit=command(f"echo x >> {count}; exit 1"))
    artifact = build()
    run("rel_1", artifact, plan)
    run("rel_2", artifact, plan)
    assert count.read_text() == "x\nx\n"


def test_inputs_bind_a_proof_to_some_files_alone(build):
    plan = gates(docs=command("true") + '\ninputs = ["docs"]')
    run("rel_1", build({"docs/a.md": "1"}), plan)
    assert run("rel_2", build({"app.py": "x = 3"}), plan)[1]["docs"].reused
    assert not run("rel_3", build({"docs/a.md": "2"}), plan)[1]["docs"].reused


def test_called_again_it_runs_only_what_was_cut_off(build, tmp_path):
    count = tmp_path / "count"
    plan = gates(one=command(f"echo 1 >> {count}"), two=command(f"echo 2 >> {count}") + '\nneeds = ["one"]')
    artifact = build()
    run("rel_1", artifact, plan)
    Run.objects.filter(name="two").update(state=GateState.RUNNING)
    assert run("rel_1", artifact, plan)[0].passed
    assert count.read_text() == "1\n2\n2\n"


def test_called_again_later_it_runs_only_what_is_no_proof_any_more(build, tmp_path):
    count, advisories = tmp_path / "count", tmp_path / "advisories"
    plan = gates(
        unit=command(f"echo unit >> {count}"),
        audit=command(f"echo audit >> {count}; ! cat {advisories}") + '\nneeds = ["unit"]',
    )
    artifact = build()
    run("rel_0", artifact, plan)
    first = run("rel_1", artifact, plan)[1]  # by the proofs of another release
    assert count.read_text() == "unit\naudit\n"
    Run.objects.filter(name="audit").update(expires_at=clock.now() - timedelta(seconds=1))
    report, found = run("rel_1", artifact, plan)
    assert report.passed
    assert count.read_text() == "unit\naudit\naudit\n"
    assert (found["audit"].reused, found["unit"].reused) == (False, True)
    assert queries.log(Run.objects.get(release="rel_0", name="audit").pk).text, "the other's log stays"
    assert found["audit"].expires_at > clock.now()
    advisories.write_text("CVE-2026-1 in left-pad")
    Run.objects.filter(name="audit").update(expires_at=clock.now() - timedelta(seconds=1))
    report, found = run("rel_1", artifact, plan)
    assert (report.passed, found["audit"].state, found["unit"]) == (False, FAIL, first["unit"])
    assert "CVE-2026-1" in found["audit"].why


def test_a_gate_that_is_proved_again_leaves_the_log_to_who_used_its_proof(build, tmp_path):
    count = tmp_path / "count"
    plan = gates(audit=command(f"echo x >> {count}; wc -l < {count}"))
    artifact = build()
    run("rel_1", artifact, plan)
    used = run("rel_2", artifact, plan)[1]["audit"]
    Run.objects.filter(release="rel_1").update(expires_at=clock.now() - timedelta(seconds=1))
    Run.objects.filter(release="rel_2").update(expires_at=clock.now() + timedelta(days=1))
    again = run("rel_1", artifact, plan)[1]["audit"]
    assert [queries.log(one.id).text.strip() for one in (used, again)] == ["1", "2"]


def test_gates_that_are_stopped_leave_their_runs_to_whoever_goes_on_or_gives_them_up(build, tools, tmp_path):
    ready, count = tmp_path / "ready", tmp_path / "count"
    plan = gates(
        done=command(f"echo done >> {count}"),
        long=command(f"touch {ready}; [ -e {tmp_path}/go ] || sleep 600") + '\nneeds = ["done"]',
        after=command(f"echo after >> {count}") + '\nneeds = ["long"]',
    )
    artifact = build()

    def stopped(release):
        ready.unlink(missing_ok=True)
        with pytest.raises(Stopped, match="cancelled by Olga"):
            operations.run_all(
                release=release,
                service="shop",
                artifact=artifact,
                manifest=plan,
                stop=lambda: "cancelled by Olga" if ready.exists() else "",
            )
        assert list((tools / "gates" / "work").iterdir()) == []
        found = {run.name: run for run in queries.runs(release)}
        assert {name: one.state for name, one in found.items()} == {
            "done": PASS,
            "long": GateState.RUNNING,
            "after": GateState.RUNNING,
        }
        assert queries.log(found["long"].id).text == "[golive: cancelled by Olga]\n"

    stopped("rel_1")
    assert operations.give_up(release="rel_1", why="Olga stopped it.")
    found = {run.name: run for run in queries.runs("rel_1")}
    assert [found[name].state for name in ("done", "long", "after")] == [PASS, UNKNOWN, UNKNOWN]
    assert found["long"].why == "no result: Olga stopped it."
    stopped("rel_2")
    (tmp_path / "go").touch()
    assert run("rel_2", artifact, plan)[0].passed
    assert count.read_text() == "done\nafter\n", "what had passed was not run again"


def test_what_is_left_of_gates_is_not_removed_while_they_run(build, tools, tmp_path):
    plan = gates(long=command(f"echo here > here; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done"))
    artifact = build()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, "rel_1", artifact, plan)
        wait_for(lambda: list((tools / "gates" / "work").glob("*/long/here")), what="the gate")
        assert not operations.give_up(release="rel_1", why="Olga stopped it.")
        (tmp_path / "go").touch()
        assert running.result(20)[0].passed
    assert operations.give_up(release="rel_1", why="Olga stopped it.")
    assert [one.state for one in queries.runs("rel_1")] == [PASS]


def test_a_fault_leaves_no_copies_of_the_artifact_behind(build, tools):
    class Faulty(MindedCommands):
        def run(self, command):
            raise RuntimeError

    artifact = build()
    with bound(CommandRunner, Faulty(tools / "run" / "faulty")), pytest.raises(RuntimeError):
        run("rel_1", artifact, gates(one=command("true")))
    assert list((tools / "gates" / "work").iterdir()) == []


def test_independent_gates_run_at_the_same_time(build, tmp_path):
    meet = "touch {me}; while [ ! -e {other} ]; do sleep 0.02; done"
    one, two = tmp_path / "one", tmp_path / "two"
    plan = gates(
        one=command(meet.format(me=one, other=two)) + '\ntimeout = "20s"',
        two=command(meet.format(me=two, other=one)) + '\ntimeout = "20s"',
    )
    assert run("rel_1", build(), plan)[0].passed


def test_a_gate_that_prints_100_mb_keeps_a_log_of_decent_size(build):
    plan = gates(loud=command("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo done"))
    report, found = run("rel_1", build(), plan)
    assert report.passed
    assert found["loud"].log_path.stat().st_size < 11_000_000
    piece = queries.log(found["loud"].id, 0)
    assert len(piece.text) == 65_536
    assert not piece.complete


def test_a_gate_cannot_change_the_artifact_it_judges(build):
    artifact = build()
    plan = gates(evil=command("echo tampered > app.py; chmod -R u+w ."), next=command("cat app.py"))
    run("rel_1", artifact, plan)
    assert (artifact.path / "app.py").read_text() == "x = 1"


def test_coverage_is_read_and_a_link_out_of_the_folder_is_not(build, tmp_path):
    outside = tmp_path / "lcov"
    outside.write_text("LF:1\nLH:1\n")
    reads = '\nreads = { coverage = "lcov.info", minimum = 50 }'
    plan = gates(
        cover=command("printf 'LF:10\\nLH:9\\n' > lcov.info") + reads,
        thin=command("printf 'LF:10\\nLH:4\\n' > lcov.info") + reads,
        linked=command(f"ln -s {outside} lcov.info") + reads,
    )
    _, found = run("rel_1", build(), plan)
    assert found["cover"].summary.startswith("90.0 %")
    assert found["thin"].state is FAIL
    assert found["linked"].state is UNKNOWN


def test_no_gates_is_a_pass(build):
    assert run("rel_1", build(), gates())[0].passed
