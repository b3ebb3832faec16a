"""Runs one command and ends all it started. A program of its own: `python -I -S minder.py`, standard library only.

Reads a JSON spec from standard input, writes a JSON result to standard output. It is a process of its own because
forking with preparations is only safe without threads, and because a subreaper (prctl(2), Linux) gets the daemons
that escape a process group. Where there is no prctl the process group alone is ended.
"""

import contextlib
import ctypes
import json
import os
import pwd
import select
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
STOP = signal.SIGUSR1  # from the caller: end the command as at its limit; blocked, so that it comes at no bad moment
TAIL = 16_384
PAUSE = 0.02


class Ended(Exception):  # noqa: N818  an outcome, not an error
    """The caller is gone or asks to stop."""


def become(name: str | None) -> None:
    """Turn this process, which is root's, into one of the user with the user's own groups, for good."""
    os.umask(0o022)
    if name is None:
        return
    user = pwd.getpwnam(name)
    os.initgroups(name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def prctl(option: int, value: int) -> None:
    """Set a property of this process, where the system can (Linux, see the manual page of that name)."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


class Log:
    """The log file with a ceiling; beyond it only the tail is remembered."""

    def __init__(self, path: str, ceiling: int) -> None:
        self.file: int | None = None
        self.trouble = ""
        self.left = ceiling
        self.dropped = 0
        self.tail = b""
        try:
            self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            self.trouble = str(error)

    def write(self, data: bytes) -> None:
        self.tail = (self.tail + data)[-TAIL:]
        if len(data) > self.left and self.left > 0:
            self._put(data[: self.left] + b"\n[golive: the log is full, the rest is not kept]\n")
        elif self.left > 0:
            self._put(data)
        self.dropped += max(0, len(data) - max(self.left, 0))
        self.left -= len(data)

    def close(self) -> None:
        if self.dropped:
            self._put(b"[golive: %d bytes left out; the end of the output was:]\n" % self.dropped)
            self._put(self.tail)

    def _put(self, data: bytes) -> None:
        try:
            while self.file is not None and data:
                data = data[os.write(self.file, data) :]
        except OSError as error:
            self.trouble, self.file = str(error), None


def start(spec: dict[str, Any]) -> tuple[int, int]:
    """Fork the command; return its pid and the reading end of its output."""
    reading, writing = os.pipe()
    minder = os.getpid()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        os.setsid()
        yield_to_others(spec["nice"])
        become(spec["run_as"])
        # After the change of user, which would clear it.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != minder:
            os._exit(143)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.closerange(3, 256)
        os.chdir(spec["cwd"])
        os.execve("/bin/sh", ["/bin/sh", "-c", spec["line"]], spec["env"])  # noqa: S606
    except (OSError, KeyError) as error:
        os.write(2, f"golive: cannot start: {error}\n".encode())
    os._exit(126)


def yield_to_others(nice: int) -> None:
    """Lower the priority of this new session.

    Where Linux groups sessions (sched_autogroup), niceness alone only counts inside a session: the group's own is
    lowered too, so that a build does not take half a core from each replica.
    """
    os.nice(nice)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w") as group:
        group.write(str(nice))


def descendants() -> list[int]:
    """Return the pids below this process, by /proc."""
    parents: dict[int, int] = {}
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with (
                contextlib.suppress(OSError, ValueError, IndexError),
                open(f"/proc/{name}/stat") as file,
            ):
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    below, found = {os.getpid()}, []
    grown = True
    while grown:
        new = [pid for pid, parent in parents.items() if parent in below and pid not in below]
        below.update(new)
        found.extend(new)
        grown = bool(new)
    return found


def end_all(group: int, grace: float) -> None:
    """Ask the group to end, then kill whatever is left below this process."""
    deadline = time.monotonic() + grace
    if grace:
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGTERM)
    while time.monotonic() < deadline and reap():
        time.sleep(PAUSE)
    for _ in range(250):
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
        for pid in descendants():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not reap():
            return
        time.sleep(PAUSE)


def reap() -> bool:
    """Collect what has ended; say whether children are left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def follow(pid: int, reading: int, log: Log, limit: float) -> tuple[str, int]:
    """Copy output until the command itself ends; return the ending and its wait status."""
    deadline = time.monotonic() + limit
    ended = None
    while ended is None:
        if STOP in signal.sigpending():
            return "STOPPED", 0
        left = deadline - time.monotonic()
        if left <= 0:
            return "TIMED_OUT", 0
        ready, _, _ = select.select([reading], [], [], min(left, PAUSE * 5))
        if ready:
            data = os.read(reading, 65_536)
            log.write(data)
            if not data:
                time.sleep(PAUSE)
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            ended = status
    return ("SIGNALLED" if os.WIFSIGNALED(ended) else "EXITED"), ended


def drain(reading: int, log: Log) -> None:
    """Take what is still in the pipe once every writer is gone."""
    os.set_blocking(reading, False)
    with contextlib.suppress(BlockingIOError):
        while data := os.read(reading, 65_536):
            log.write(data)


def mind(spec: dict[str, Any]) -> dict[str, Any]:
    """Run the command of `spec` to its end and say what became of it."""
    log = Log(spec["log"], spec["log_max_bytes"])
    began = time.monotonic()
    pid, reading = start(spec)
    ending, status = "CUT_OFF", 0
    try:
        ending, status = follow(pid, reading, log, spec["limit_s"])
    except Ended:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_all(pid, 0 if ending in {"EXITED", "CUT_OFF"} else spec["grace_s"])
        drain(reading, log)
        log.close()
    return {
        "ending": ending,
        "exit_code": os.WEXITSTATUS(status) if ending == "EXITED" else None,
        "signal": os.WTERMSIG(status) if ending == "SIGNALLED" else None,
        "seconds": round(time.monotonic() - began, 3),
        "dropped": log.dropped,
        "log_trouble": log.trouble,
        "tail": log.tail.decode(errors="replace"),
    }


def main() -> None:
    """Answer one spec; ends with 143 when the caller goes away."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Ended

    signal.signal(signal.SIGTERM, stop)
    signal.signal(STOP, signal.SIG_DFL)  # what is ignored would never be pending
    # What the caller's libraries block (chDB does) stays so over fork and exec, here and in the command.
    signal.pthread_sigmask(signal.SIG_SETMASK, (STOP,))
    try:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        spec = json.load(sys.stdin.buffer)
        if os.getppid() != spec["caller"]:
            raise Ended
        result = mind(spec)
    except Ended:
        sys.exit(143)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(result))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
