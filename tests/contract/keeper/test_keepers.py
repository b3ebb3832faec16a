"""Real keepers and real processes: what must hold when anything is killed at any time."""

import fcntl
import json
import os
import pwd
import re
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from golive.adapters.files import exclusive
from golive.adapters.keeper import Keepers
from golive.adapters.keeper.proc import start_time
from golive.ship.replicas.domain import Limits, Phase, ProcessSpec
from golive.ship.replicas.ports import CannotStart, NoSuchProcess
from tests.support import wait_for
from tests.support.signals import blocked

SLEEP = "import time\nprint('up')\ntime.sleep(60)"
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print('no'))
print('up')
while True: time.sleep(60)
"""
POLITE = """
import signal, sys, time
def end(*_):
    print('bye'); sys.exit(0)
signal.signal(signal.SIGTERM, end)
print('up')
while True: time.sleep(60)
"""
# A worker in its own session: outside the process group, and no child of the process once it is orphaned.
FORKS = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(1, b'worker %d\\n' % os.getpid())  # in one piece: both write
    while True: time.sleep(60)
os.write(1, b'up\\n')
while True: time.sleep(60)
"""


def alive(pid):
    return start_time(pid) is not None


def test_a_started_process_runs_with_a_clean_environment_and_its_output_is_kept(keepers, spec, out, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_STARTER", "x")
    code = "import os, time\nprint(sorted(os.environ))\nprint(os.environ['TOKEN'])\ntime.sleep(60)"
    state = keepers.start(spec(code, env={"PATH": "/bin", "TOKEN": "t0p"}, labels={"release": "r"}))
    assert state.alive
    wait_for(lambda: "t0p" in out())
    seen = keepers.state("web-1")
    assert seen.phase is Phase.RUNNING
    assert seen.labels == {"release": "r"}
    assert out().splitlines()[0] == "['GOLIVE_INSTANCE', 'LC_CTYPE', 'PATH', 'TOKEN']" or (
        out().splitlines()[0] == "['GOLIVE_INSTANCE', 'PATH', 'TOKEN']"
    )
    for pid in (seen.pid, seen.keeper_pid):
        with open(f"/proc/{pid}/cmdline", "rb") as stream:
            assert b"t0p" not in stream.read()


def test_files_are_private_and_the_log_says_whose_it_is(keepers, spec, tmp_path, out):
    keepers.start(spec(SLEEP, labels={"service": "market"}))
    wait_for(lambda: "up" in out())
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert {stat.S_IMODE(p.stat().st_mode) & 0o077 for p in files} == {0}
    meta = json.loads((tmp_path / "logs/web-1/out.log.meta.json").read_text())
    assert meta["labels"] == {"service": "market"}


def test_stop_lets_the_process_say_goodbye(keepers, spec, out):
    keepers.start(spec(POLITE))
    wait_for(lambda: "up" in out())
    before = keepers.state("web-1")
    after = keepers.stop("web-1")
    assert (after.phase, after.alive, after.last_exit) == (Phase.STOPPED, False, 0)
    assert out().endswith("bye\n")
    assert not alive(before.pid)
    assert keepers.stop("web-1").phase is Phase.STOPPED


def test_stop_kills_what_will_not_end(keepers, spec, out):
    keepers.start(spec(STUBBORN, grace_s=0.2))
    wait_for(lambda: "up" in out())
    after = keepers.stop("web-1")
    assert (after.phase, after.last_exit) == (Phase.STOPPED, -signal.SIGKILL)
    assert "no" in out()


def test_a_shorter_grace_is_honoured(keepers, spec, out):
    keepers.start(spec(STUBBORN, grace_s=50))
    wait_for(lambda: "up" in out())
    assert keepers.stop("web-1", grace_s=0.1).phase is Phase.STOPPED


def test_workers_that_left_the_group_end_with_their_process(keepers, spec, out):
    keepers.start(spec(FORKS))
    worker = int(wait_for(lambda: re.search(r"worker (\d+)\s", out()))[1])
    keepers.stop("web-1")
    assert not alive(worker)


def test_workers_of_a_crashed_process_are_gone_before_the_next_one_starts(keepers, spec, out):
    keepers.start(spec(FORKS))
    worker = int(wait_for(lambda: re.search(r"worker (\d+)\s", out()))[1])
    first = keepers.state("web-1")
    os.kill(first.pid, signal.SIGKILL)
    second = wait_for(lambda: (s := keepers.state("web-1")).restarts == 1 and s.phase is Phase.RUNNING and s)
    assert not alive(worker)
    assert (second.last_exit, second.pid != first.pid) == (-signal.SIGKILL, True)
    assert second.keeper_pid == first.keeper_pid


def test_a_killed_keeper_takes_its_process_along_and_strays_go_at_adoption(keepers, spec, out, tmp_path):
    keepers.start(spec(FORKS))
    worker = int(wait_for(lambda: re.search(r"worker (\d+)\s", out()))[1])
    state = keepers.state("web-1")
    os.kill(state.keeper_pid, signal.SIGKILL)
    wait_for(lambda: not alive(state.pid))
    assert alive(worker)
    found = keepers.state("web-1")
    assert (found.phase, found.alive, found.reason) == (Phase.FAILED, False, "its keeper is gone")
    assert Keepers(tmp_path / "run", tmp_path / "logs").adopt() == ()
    assert not alive(worker)


def test_ensure_brings_back_what_lost_its_keeper_and_leaves_the_living_alone(keepers, spec, out):
    wanted = spec(SLEEP)
    first = keepers.ensure(wanted)
    assert keepers.ensure(wanted).keeper_pid == first.keeper_pid
    os.kill(first.keeper_pid, signal.SIGKILL)
    wait_for(lambda: not keepers.state("web-1").alive)
    assert keepers.ensure(wanted).alive
    changed = keepers.ensure(spec(SLEEP, labels={"a": "b"}))
    assert changed.labels == {"a": "b"}


def test_processes_outlive_their_starter_and_are_adopted_by_the_next(keepers, tmp_path, out):
    code = f"""
import sys
from pathlib import Path
from golive.adapters.keeper import Keepers
from golive.ship.replicas.domain import ProcessSpec
keepers = Keepers(Path({str(tmp_path / "run")!r}), Path({str(tmp_path / "logs")!r}))
keepers.start(ProcessSpec("web-1", (sys.executable, "-S", "-u", "-c", {SLEEP!r}), "/"))
"""
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": "src"})
    wait_for(lambda: "up" in out())
    (state,) = keepers.adopt()
    assert (state.id, state.phase) == ("web-1", Phase.RUNNING)


def test_a_crash_loop_backs_off_shows_itself_and_says_why(keepers, spec, out):
    keepers.start(spec("import sys; print('trying'); sys.exit(3)", backoff_max_s=0.1))
    state = wait_for(lambda: (s := keepers.state("web-1")).crash_looping and s)
    assert (state.phase, state.last_exit, state.reason) == (Phase.BACKOFF, 3, "exit 3")


def test_giving_up_after_the_allowed_restarts(keepers, spec, out):
    keepers.start(spec("raise SystemExit(3)", max_restarts=2))
    state = wait_for(lambda: (s := keepers.state("web-1")).phase is Phase.FAILED and s)
    assert (state.restarts, state.reason) == (2, "exit 3")
    wait_for(lambda: not keepers.state("web-1").alive)


def test_a_command_that_does_not_exist_says_so(keepers, tmp_path):
    keepers.start(ProcessSpec("gone", ("/no/such/thing",), str(tmp_path), max_restarts=0))
    state = wait_for(lambda: (s := keepers.state("gone")).phase is Phase.FAILED and s)
    assert "No such file" in state.reason


def test_a_healthy_life_forgives_earlier_crashes(keepers, spec, out):
    keepers.start(spec("import time; print('up'); time.sleep(.1); raise SystemExit(1)", healthy_after_s=0.05))
    state = wait_for(lambda: (s := keepers.state("web-1")).restarts >= 3 and s)
    assert state.crashes_in_a_row == 1


def test_a_process_that_recovers_from_a_crash_loop_is_no_crash_loop_any_more(keepers, spec, tmp_path):
    count = "import pathlib, time; p = pathlib.Path('tries'); n = len(p.read_text()) if p.exists() else 0\n"
    code = count + "p.write_text('x' * (n + 1))\nif n < 4: raise SystemExit(3)\ntime.sleep(60)"
    keepers.start(spec(code, healthy_after_s=1.0, backoff_max_s=0.1))
    wait_for(lambda: keepers.state("web-1").crash_looping)
    state = wait_for(lambda: not (s := keepers.state("web-1")).crash_looping and s)
    assert (state.phase, state.restarts, state.crashes_in_a_row) == (Phase.RUNNING, 4, 0)


def test_one_shot_is_done_when_it_succeeded(keepers, spec, out):
    wanted = spec("print('done')", one_shot=True)
    keepers.start(wanted)
    wait_for(lambda: not keepers.state("web-1").alive)
    assert keepers.ensure(wanted).phase is Phase.STOPPED
    assert out() == "done\n"


def test_a_flood_of_output_is_cut_and_rotated_and_the_keeper_still_listens(keepers, spec, tmp_path):
    code = "import sys\nwhile True: sys.stdout.write('x' * 100 + '\\n')"
    keepers.start(spec(code, log_max_bytes=100_000, log_keep=2))
    logs = tmp_path / "logs/web-1"
    wait_for((logs / "out.log.2").exists)
    assert keepers.stop("web-1", grace_s=1).phase is Phase.STOPPED
    sizes = {p.name: p.stat().st_size for p in logs.glob("out.log*") if "meta" not in p.name}
    assert set(sizes) <= {"out.log", "out.log.1", "out.log.2"}
    assert max(sizes.values()) <= 100_000 + 200


def test_an_endless_line_is_cut(keepers, spec, out):
    code = "import sys\nprint('y' * 300_000)\nprint('after')"
    keepers.start(spec(code, one_shot=True, line_max_bytes=1000))
    wait_for(lambda: not keepers.state("web-1").alive)
    first, second = out().splitlines()
    assert first == "y" * 1000 + " [line cut]"
    assert second == "after"


def test_limits_reach_the_process(keepers, spec, out):
    code = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    keepers.start(spec(code, one_shot=True, limits=Limits(open_files=123)))
    wait_for(lambda: not keepers.state("web-1").alive)
    assert out() == "(123, 123)\n"


def test_no_signal_is_ignored_or_blocked_at_the_start(keepers, out):
    argv = ("/bin/grep", "-E", "SigIgn|SigBlk", "/proc/self/status")
    with blocked(signal.SIGPIPE, signal.SIGCHLD, signal.SIGTERM):
        keepers.start(ProcessSpec("web-1", argv, "/", one_shot=True))
    wait_for(lambda: not keepers.state("web-1").alive)
    # Signals 32 and 33 are the C library's own; no program can set them, and make hands them on ignored.
    reserved = 1 << 31 | 1 << 32
    assert [int(line.split()[1], 16) & ~reserved for line in out().splitlines()] == [0, 0]


def test_a_keeper_listens_though_its_starter_blocks_the_signals(keepers, spec, out):
    with blocked(signal.SIGTERM, signal.SIGCHLD):
        keepers.start(spec(POLITE, grace_s=20))
        wait_for(lambda: "up" in out())
        assert keepers.stop("web-1").phase is Phase.STOPPED
    assert "bye" in out()


def test_too_much_memory_ends_the_process_not_the_machine(keepers, spec, out):
    code = "x = bytearray(400_000_000)\nfor i in range(0, len(x), 4096): x[i] = 1\nprint('had it all')"
    keepers.start(spec(code, limits=Limits(memory_bytes=100_000_000), max_restarts=0))
    wait_for(lambda: keepers.state("web-1").phase is Phase.FAILED)
    assert "had it all" not in out()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")
def test_run_as_another_user(keepers, out):
    argv = ("/bin/sh", "-c", "id -u; id -G")
    keepers.start(ProcessSpec("web-1", argv, "/", one_shot=True, run_as="nobody", max_restarts=0))
    wait_for(lambda: not keepers.state("web-1").alive)
    user = pwd.getpwnam("nobody")
    assert out() == f"{user.pw_uid}\n{user.pw_gid}\n"


def test_a_lost_state_file_does_not_make_two_of_one(keepers, spec, tmp_path, out):
    first = keepers.start(spec(SLEEP))
    wait_for(lambda: "up" in out())
    (tmp_path / "run/keepers/web-1.state.json").unlink()
    second = keepers.start(spec(SLEEP))
    assert second.alive
    assert not alive(first.keeper_pid)


def test_a_second_keeper_of_the_same_id_is_refused(keepers, spec, tmp_path):
    with (tmp_path / "run/keepers/web-1.held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(CannotStart):
            keepers.start(spec(SLEEP))


def test_unknown_and_impossible_ids(keepers):
    for name in ("never", "../../etc/passwd", ""):
        with pytest.raises(NoSuchProcess):
            keepers.state(name)


def test_strays_of_another_golive_are_not_touched(keepers, spec, out, tmp_path):
    keepers.start(spec(SLEEP))
    wait_for(lambda: "up" in out())
    other = Keepers(tmp_path / "other/run", tmp_path / "other/logs")
    assert other.kill_strays() == 0
    assert keepers.state("web-1").phase is Phase.RUNNING


def test_what_could_not_be_started_again_is_still_known(keepers, spec, out, tmp_path):
    keepers.start(spec(SLEEP))
    os.kill(keepers.state("web-1").keeper_pid, signal.SIGKILL)
    wait_for(lambda: not keepers.state("web-1").alive)
    order = tmp_path / "run/keepers/web-1.spec.json"
    order.unlink()
    order.mkdir()  # as a full disk does, it lets nobody write there
    with pytest.raises(IsADirectoryError):
        keepers.ensure(spec(SLEEP))
    assert [state.id for state in keepers.list()] == ["web-1"]
    order.rmdir()
    assert keepers.ensure(spec(SLEEP)).alive


def test_forget_leaves_only_the_logs(keepers, spec, out, tmp_path):
    keepers.start(spec(SLEEP))
    wait_for(lambda: "up" in out())
    keepers.forget("web-1")
    assert keepers.list() == ()
    assert "up" in out()
    assert list((tmp_path / "run/keepers").iterdir()) == []


def test_a_lock_that_is_removed_still_lets_in_one_at_a_time(tmp_path):
    place, inside, most = tmp_path / "lock", [], []

    def enter(number: int) -> None:
        for _ in range(50):
            with exclusive(place):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)
                place.unlink()  # the last act: whoever comes now makes a lock of its own

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(8)))
    assert set(most) == {1}
