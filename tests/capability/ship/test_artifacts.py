"""Artifacts: built once, at one place, never half."""

import json
import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from golive.ship.artifacts import operations, queries
from golive.ship.artifacts.operations import BuildFailed
from golive.ship.artifacts.ports import FetchFailed
from golive.ship.commands.domain import Stopped
from tests.capability.ship.conftest import keep_secrets, manifest
from tests.support import wait_for

WEB = '[processes.web]\ncommand = "true"\n'


def shop(*commands: str, timeout: str = "1m"):
    return manifest(f'[build]\ncommands = {json.dumps(commands)}\ntimeout = "{timeout}"\n{WEB}')


@pytest.fixture
def log(tmp_path):
    return tmp_path / "build.log"


@pytest.fixture
def revision(tools, origin):
    origin.commit({"app.py": "print('hello')", "golive.toml": "x"}, tag="v1.0")
    return operations.fetch(service="shop", repository=str(origin.path), revision="main").revision


def test_a_build_is_complete_read_only_and_reused(revision, log):
    made = operations.build(service="shop", revision=revision, manifest=shop("echo built > out.txt"), log=log)
    assert (made.path / "out.txt").read_text() == "built\n"
    assert not made.reused
    assert stat.S_IMODE((made.path / "app.py").stat().st_mode) & 0o222 == 0
    again = operations.build(service="shop", revision=revision, manifest=shop("echo built > out.txt"), log=log)
    assert again.reused
    assert again.digest == made.digest
    assert queries.artifact(made.digest).path == made.path


def test_what_goes_in_decides_the_digest(tools, origin, revision, log):
    first = operations.build(service="shop", revision=revision, manifest=shop("true"), log=log)
    other = operations.build(service="shop", revision=revision, manifest=shop("true", "true"), log=log)
    empty = origin.commit({}, "Same files")
    operations.fetch(service="shop", repository=str(origin.path), revision="main")
    same = operations.build(service="shop", revision=empty, manifest=shop("true"), log=log)
    assert other.digest != first.digest
    assert (same.digest, same.reused, same.revision) == (first.digest, True, empty)


def test_a_failing_build_tells_its_end_and_leaves_nothing(revision, log, home):
    with pytest.raises(BuildFailed) as failed:
        operations.build(service="shop", revision=revision, manifest=shop("echo why it broke; exit 2"), log=log)
    assert "exit code 2" in failed.value.detail
    assert "why it broke" in failed.value.facts["tail"]
    assert str(log) in failed.value.hint
    assert "why it broke" in log.read_text()
    assert [p for p in (home / "artifacts").iterdir() if p.is_dir()] == []


def test_what_a_build_says_of_a_secret_is_not_told(revision, log, home):
    file = keep_secrets(home, "production", "API_KEY=TOPSECRET\n")
    with pytest.raises(BuildFailed) as failed:
        operations.build(service="shop", revision=revision, manifest=shop(f"cat {file}; exit 2"), log=log)
    assert "API_KEY=[secret API_KEY]" in failed.value.facts["tail"]
    assert "TOPSECRET" not in str(failed.value.as_json())


def test_a_missing_program_and_a_time_limit_have_their_next_step(revision, log):
    with pytest.raises(BuildFailed) as failed:
        operations.build(service="shop", revision=revision, manifest=shop("no-such-tool"), log=log)
    assert "Install that program" in failed.value.hint
    with pytest.raises(BuildFailed) as failed:
        operations.build(service="shop", revision=revision, manifest=shop("sleep 60", timeout="200ms"), log=log)
    assert "Raise `timeout`" in failed.value.hint


def test_two_at_once_build_once(revision, log, tmp_path):
    count = tmp_path / "count"
    plan = shop(f"echo x >> {count}; sleep 0.3")

    def one(_: int):
        return operations.build(service="shop", revision=revision, manifest=plan, log=log)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(4)))
    assert count.read_text() == "x\n"
    assert sorted(artifact.reused for artifact in made) == [False, True, True, True]


BUILDER = """
import os, sys, django
os.environ.update(GOLIVE_HOME=sys.argv[1], DJANGO_SETTINGS_MODULE="golive.runtime.settings")
django.setup()
from pathlib import Path
from golive.adapters.command.runner import MindedCommands
from golive.adapters.git.mirrors import GitMirrors
from golive.kernel.ports import bind
from golive.ship.artifacts.ports import Repositories
from golive.ship.commands.ports import CommandRunner
from golive.ship.artifacts import operations
from tests.capability.ship.test_artifacts import shop
home = Path(sys.argv[1])
bind(Repositories, GitMirrors(home / "repositories"))
bind(CommandRunner, MindedCommands(home / "run" / "commands"))
operations.build(service="shop", revision=sys.argv[2], manifest=shop(sys.argv[3]), log=home / "killed.log")
"""


def test_a_build_that_is_stopped_leaves_nothing_and_whoever_waits_for_it_builds_anew(revision, log, home, tmp_path):
    words = list[str]()
    plan = shop(f"echo half > half.txt; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")

    def build(n: int):
        stop = (lambda: words[0] if words else "") if n == 0 else (lambda: "")
        return operations.build(service="shop", revision=revision, manifest=plan, log=tmp_path / f"{n}.log", stop=stop)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(build, 0)
        wait_for(lambda: list((home / "artifacts").glob("*/app/half.txt")), what="half a build")
        second = pool.submit(build, 1)
        words.append("cancelled by Olga")
        with pytest.raises(Stopped, match="cancelled by Olga"):
            first.result(20)
        assert (tmp_path / "0.log").read_text().endswith("[golive: cancelled by Olga]\n")
        (tmp_path / "go").touch()
        assert not second.result(20).reused


def test_who_waits_for_another_ones_build_can_be_stopped_and_that_goes_on(revision, home, tmp_path):
    plan = shop(f"echo half > half.txt; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done")

    def build(n: int, stop=lambda: ""):
        return operations.build(service="shop", revision=revision, manifest=plan, log=tmp_path / f"{n}.log", stop=stop)

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(build, 0)
        wait_for(lambda: list((home / "artifacts").glob("*/app/half.txt")), what="half a build")
        with pytest.raises(Stopped):
            build(1, stop=lambda: "cancelled by Olga")
        operations.forget_cut_off()
        (tmp_path / "go").touch()
        assert (first.result(20).path / "half.txt").exists()


@pytest.mark.parametrize("forgotten", [False, True])
def test_killed_midway_it_is_built_anew(forgotten, revision, log, home, tmp_path):
    line = f"echo half > half.txt; while [ ! -e {tmp_path}/go ]; do sleep 0.02; done; mv half.txt whole.txt"
    root = Path(__file__).parents[3]
    builder = subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(home), revision, line],
        env={**os.environ, "PYTHONPATH": f"{root / 'src'}:{root}"},
    )
    wait_for(lambda: list((home / "artifacts").glob("*/app/half.txt")), what="half a build")
    os.kill(builder.pid, signal.SIGKILL)
    builder.wait()
    digest = next(p.name for p in (home / "artifacts").iterdir() if p.is_dir())
    assert queries.read_record(home / "artifacts" / digest) is None
    (tmp_path / "go").touch()
    if forgotten:
        operations.forget_cut_off()
        assert [p for p in (home / "artifacts").iterdir() if p.is_dir()] == []
    made = operations.build(service="shop", revision=revision, manifest=shop(line), log=log)
    operations.forget_cut_off()
    assert made.digest == digest
    assert not made.reused
    assert (made.path / "whole.txt").exists()


def test_golives_own_secrets_do_not_reach_a_build(revision, log, monkeypatch):
    monkeypatch.setenv("GOLIVE_DATABASE_URL", "postgresql://golive:hush@x/y")
    operations.build(service="shop", revision=revision, manifest=shop("env"), log=log)
    assert "hush" not in log.read_text()


def test_old_artifacts_go_but_not_those_in_use(revision, log):
    made = [operations.build(service="shop", revision=revision, manifest=shop(f"echo {n}"), log=log) for n in range(4)]
    gone = operations.prune(in_use={made[0].digest}, keep=1)
    assert set(gone) == {made[1].digest, made[2].digest}
    assert {a.digest for a in queries.artifacts()} == {made[0].digest, made[3].digest}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small file system")
def test_a_full_disk_is_told_as_such(revision, log, home):
    folder = home / "artifacts"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this machine does not let root mount a tmpfs")
    try:
        with pytest.raises(BuildFailed) as failed:
            operations.build(
                service="shop",
                revision=revision,
                manifest=shop("head -c 5000000 /dev/zero > big"),
                log=log,
            )
        assert "disk is full" in failed.value.hint.lower()
        assert [p for p in folder.iterdir() if p.is_dir()] == []
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_what_cannot_be_fetched_says_why(tools, tmp_path):
    with pytest.raises(FetchFailed, match="does not appear to be a git repository"):
        operations.fetch(service="shop", repository=str(tmp_path), revision="main")
