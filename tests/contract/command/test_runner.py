"""Foreign commands: they end when told, leave nothing behind and cannot fill the disk."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from golive.adapters.command import minder
from golive.adapters.command.runner import MindedCommands
from golive.ship.commands.domain import Command, Ending, Finished
from tests.support import wait_for


@pytest.fixture
def commands(tmp_path: Path) -> MindedCommands:
    return MindedCommands(tmp_path / "commands")


@pytest.fixture
def run(commands: MindedCommands, tmp_path: Path) -> Iterator[object]:
    def call(line: str, *, limit_s: float = 20.0, **more: object) -> Finished:
        return commands.run(
            Command(line, tmp_path, tmp_path / "log", limit_s, commands.environment(), **more)  # type: ignore[arg-type]
        )

    return call


def alive(path: Path) -> bool:
    return psutil.pid_exists(int(path.read_text())) and (
        psutil.Process(int(path.read_text())).status() != psutil.STATUS_ZOMBIE
    )


def test_success_and_output(run, tmp_path):
    done = run("echo one; echo two >&2; pwd")
    assert done.succeeded
    assert done.ending is Ending.EXITED
    assert (tmp_path / "log").read_text().splitlines() == ["one", "two", str(tmp_path)]
    assert done.tail.startswith("one\ntwo")


def test_exit_code_and_signal_are_told_in_words(run):
    assert run("exit 3").words == "it ended with exit code 3"
    assert "not found" in run("definitely-no-such-program").words
    killed = run("kill -9 $$")
    assert killed.ending is Ending.SIGNALLED
    assert "SIGKILL" in killed.words


def test_a_hundred_megabytes_do_not_fill_the_disk(run, tmp_path):
    done = run(
        "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the end",
        log_max_bytes=100_000,
        limit_s=60,
    )
    assert done.succeeded
    assert (tmp_path / "log").stat().st_size < 130_000
    assert "the log is full" in (tmp_path / "log").read_text()
    assert done.truncated > 99_000_000
    assert done.tail.endswith("the end")


def test_hanging_command_ends_at_its_limit(run):
    done = run("echo started; exec sleep 600", limit_s=3)
    assert done.ending is Ending.TIMED_OUT
    assert "limit of 3 s" in done.words
    assert done.tail == "started"


def test_command_that_ignores_sigterm_is_killed(run):
    done = run("trap '' TERM; while :; do sleep 0.1; done", limit_s=0.3)
    assert done.ending is Ending.TIMED_OUT


DAEMON = """
import os, sys, time
if os.fork(): sys.exit(0)
os.setsid()
if os.fork(): os._exit(0)
open("daemon.pid.part", "w").write(str(os.getpid())); os.rename("daemon.pid.part", "daemon.pid")
time.sleep(600)
"""


def test_a_daemon_that_leaves_its_group_is_ended_too(run, tmp_path):
    (tmp_path / "daemon.py").write_text(DAEMON)
    done = run(f"{sys.executable} daemon.py; while [ ! -e daemon.pid ]; do sleep 0.02; done; echo bye")
    assert done.succeeded
    assert done.tail == "bye"
    assert not alive(tmp_path / "daemon.pid")


def test_a_daemon_ends_with_a_command_that_hangs(run, tmp_path):
    (tmp_path / "daemon.py").write_text(DAEMON)
    done = run(f"{sys.executable} daemon.py; sleep 600", limit_s=5)
    assert done.ending is Ending.TIMED_OUT
    assert not alive(tmp_path / "daemon.pid")


def when_there(*paths: Path):
    """A `Stop` from when these files are there."""
    return lambda: "cancelled by Olga" if all(path.exists() for path in paths) else ""


def test_a_command_that_is_stopped_ends_with_all_it_forked_and_its_log_says_by_whom(run, tmp_path):
    (tmp_path / "daemon.py").write_text(DAEMON)
    line = f"trap 'echo saving; exit 1' TERM; {sys.executable} daemon.py; touch ready; while :; do sleep 0.1; done"
    done = run(line, stop=when_there(tmp_path / "daemon.pid", tmp_path / "ready"))
    assert (done.ending, done.words) == (Ending.STOPPED, "cancelled by Olga")
    assert done.tail.endswith("saving"), "it was asked first"
    assert done.seconds < 15, "not its limit of 20 s"
    assert (tmp_path / "log").read_text().endswith("saving\n[golive: cancelled by Olga]\n")
    assert not alive(tmp_path / "daemon.pid")


def test_a_command_that_ignores_its_stop_is_killed(run, tmp_path):
    done = run("trap '' TERM; touch ready; while :; do sleep 0.1; done", stop=when_there(tmp_path / "ready"))
    assert done.ending is Ending.STOPPED


def test_what_is_stopped_before_it_begins_does_not_begin(run, tmp_path):
    assert run("touch began", stop=when_there()).ending is Ending.STOPPED
    assert not (tmp_path / "began").exists()


def test_a_stop_reaches_a_command_whose_caller_ignores_or_blocks_the_signal(run, tmp_path):
    before = signal.signal(minder.STOP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, (minder.STOP,))
    try:
        assert run("kill -USR1 $$; exec sleep 600").ending is Ending.SIGNALLED, "the command has it as it always is"
        assert run("touch ready; exec sleep 600", stop=when_there(tmp_path / "ready")).ending is Ending.STOPPED
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (minder.STOP,))
        signal.signal(minder.STOP, before)


def test_the_environment_is_clean(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GOLIVE_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example/pypi")
    done = run("env")
    assert "secret" not in done.tail
    assert "hush" not in done.tail
    text = (tmp_path / "log").read_text()
    assert "PIP_INDEX_URL=https://index.example/pypi" in text
    assert f"HOME={tmp_path}/commands/home" in text


def test_secrets_are_not_in_argv(commands, tmp_path):
    seen: list[Finished] = []
    env = {**commands.environment(), "API_KEY": "very-private"}
    line = "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done 2>/dev/null | grep -c very[-]private"
    seen.append(commands.run(Command(line, tmp_path, tmp_path / "log", 20, env)))
    assert seen[0].tail.strip() == "0"


def test_python_and_uv_are_at_hand(run):
    assert run("python --version && uv --version").succeeded


def test_missing_folder_is_told(commands, tmp_path):
    done = commands.run(Command("true", tmp_path / "gone", tmp_path / "log", 5))
    assert done.ending is Ending.NOT_STARTED
    assert "gone" in done.words


# Libraries leave signals blocked, and what is started inherits that.
CALLER = """
import signal, sys
from pathlib import Path
from golive.adapters.command.runner import MindedCommands
from golive.ship.commands.domain import Command
folder = Path(sys.argv[1])
line = "echo $$ > shell.pid; (setsid sleep 600 & echo $! > far.pid); sleep 600"
commands = MindedCommands(folder / "c")
signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGPIPE))
commands.run(Command(line, folder, folder / "log", 600, commands.environment()))
"""


def test_killing_the_caller_ends_the_command(tmp_path):
    source = Path(__file__).parents[3] / "src"
    caller = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(tmp_path)], env={**os.environ, "PYTHONPATH": str(source)}
    )
    pids = [tmp_path / "shell.pid", tmp_path / "far.pid"]
    wait_for(lambda: all(p.exists() and p.read_text().strip() for p in pids), what="the command")
    os.kill(caller.pid, signal.SIGKILL)
    caller.wait()
    wait_for(lambda: not any(alive(p) for p in pids), what="the end of the command")


def test_many_at_once(commands, tmp_path):
    results: list[Finished] = []

    def one(n: int) -> None:
        results.append(commands.run(Command(f"echo {n}", tmp_path, tmp_path / f"log{n}", 30, commands.environment())))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(result.tail) for result in results) == list(range(12))


def test_a_proxy_is_passed_on_but_never_for_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "intern.example")
    run("env")
    said = dict(line.partition("=")[::2] for line in (tmp_path / "log").read_text().splitlines())
    assert said["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert said["no_proxy"] == said["NO_PROXY"] == "intern.example,127.0.0.1,localhost"
