"""Keeps one process: `python -I -S keeper.py SPEC.json`. Only the standard library, about 11 MB.

It detaches from its starter, forks the process from its only thread (the death signal of Linux belongs
to the forking thread, prctl(2) PR_SET_PDEATHSIG), reaps whatever the process leaves behind, restarts it
with back-off and writes what it knows to a state file. SIGTERM stops gracefully, SIGINT at once.
If the keeper itself is killed, its process dies with it.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import pwd
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 36, 38
CUT = b" [line cut]"
# What Python, `nohup` or a shell's `&` ignore stays so over exec.
DEFAULT_AGAIN = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
LIBC = ctypes.CDLL(None, use_errno=True)


def start_time(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def write_json(path: Path, value: object) -> None:
    """Replace `path` in one step, readable by its owner alone."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(value, stream)
    temporary.replace(path)


def kill_tagged(tag: str) -> None:
    """SIGKILL every process whose environment carries this instance tag, again while they fork."""
    needle = b"\0GOLIVE_INSTANCE=" + tag.encode() + b"\0"
    for _ in range(20):
        found = 0
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                environ = b"\0" + Path(f"/proc/{entry}/environ").read_bytes()
                if needle in environ and start_time(int(entry)) is not None:
                    os.kill(int(entry), signal.SIGKILL)
                    found += 1
        if not found:
            return
        time.sleep(0.005)


class Output:
    """One log file with a ceiling: long lines are cut, full files move on to `.1`, `.2` and so on."""

    def __init__(self, path: Path, max_bytes: int, keep: int, line_max: int) -> None:
        self.path, self.max_bytes, self.keep, self.line_max = path, max_bytes, keep, line_max
        self.open_line = 0
        self.handle = self._open()

    def write(self, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            ends = line.endswith(b"\n")
            room = self.line_max - self.open_line
            text = line.rstrip(b"\r\n") if ends else line
            if room >= 0:
                piece = text[:room] + (CUT if len(text) > room else b"")
                self._append(piece + (b"\n" if ends else b""))
            elif ends:
                self._append(b"\n")
            # Past the ceiling the rest of the line is dropped, however many pieces it comes in.
            self.open_line = 0 if ends else self.open_line + len(text)
            if ends and self.size >= self.max_bytes:
                self._rotate()

    def _append(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the process
            os.write(self.handle, data)
            self.size += len(data)

    def _open(self) -> int:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.size = os.fstat(handle).st_size
        return handle

    def _rotate(self) -> None:
        with contextlib.suppress(OSError):
            for age in range(self.keep, 0, -1):
                newer = self.path if age == 1 else Path(f"{self.path}.{age - 1}")
                if newer.exists():
                    newer.replace(f"{self.path}.{age}")
            if self.keep == 0:
                self.path.unlink()
            os.close(self.handle)
            self.handle = self._open()


class Cgroup:
    """A control group of its own where the system lets us; otherwise resource limits must do."""

    def __init__(self, name: str, limits: dict[str, Any]) -> None:
        self.paths: list[Path] = []
        memory, cpus = limits.get("memory_bytes"), limits.get("cpus")
        quota = int(cpus * 100_000) if cpus else None
        v1 = Path("/sys/fs/cgroup")
        if memory and not self._make(self._unified() / name, {"memory.max": memory}):
            self._make(v1 / "memory" / name, {"memory.limit_in_bytes": memory})
        self.holds_memory = bool(self.paths)
        if quota and not self._make(self._unified() / name, {"cpu.max": f"{quota} 100000"}):
            self._make(v1 / "cpu" / name, {"cpu.cfs_quota_us": quota})

    @staticmethod
    def _unified() -> Path:
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            if line.startswith("0::"):
                return Path("/sys/fs/cgroup") / line[4:]
        return Path("/nonexistent")

    def _make(self, path: Path, values: dict[str, Any]) -> bool:
        try:
            path.mkdir(exist_ok=True)
            for name, value in values.items():
                with (path / name).open("r+") as stream:  # a plain directory would just gain a file
                    stream.write(str(value))
        except OSError:
            with contextlib.suppress(OSError):
                path.rmdir()
            return False
        self.paths.append(path)
        return True

    def join(self) -> None:
        for path in self.paths:
            (path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self) -> None:
        for path in self.paths:
            with contextlib.suppress(OSError):
                path.rmdir()


class Keeper:
    """The loop around one process."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.me, self.me_start = os.getpid(), start_time(os.getpid())
        self.tag = f"{spec['realm']}:{spec['id']}:{self.me}-{self.me_start}"
        logs = Path(spec["log_dir"])
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        sizes = (spec["log_max_bytes"], spec["log_keep"], spec["line_max_bytes"])
        self.output = Output(logs / "out.log", *sizes)
        meta = {"id": spec["id"], "stream": "out", "labels": spec["labels"]}
        write_json(logs / "out.log.meta.json", meta)
        self.cgroup = Cgroup(f"golive-{spec['realm']}-{spec['id']}", spec["limits"])
        self.child = 0
        self.child_start: int | None = None
        self.pipe = -1
        self.restarts = self.crashes = 0
        self.last_exit: int | None = None
        self.kill_at: float | None = None
        self.well_at: float | None = None  # then it has lived so long that its crashes are forgotten
        self.start_at: float | None = time.monotonic()
        self.stopping = False
        self.trouble = ""
        self.wake, wake_in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(wake_in, False)
        signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # what the starter's libraries block outlives fork and exec
        self.report("STARTING")

    def report(self, phase: str, reason: str = "") -> None:
        self.over = phase in {"STOPPED", "FAILED"}
        state = {
            "id": self.spec["id"],
            "digest": self.spec["digest"],
            "boot": self.spec["boot"],
            "tag": self.tag,
            "phase": phase,
            "reason": reason,
            "keeper_pid": self.me,
            "keeper_start": self.me_start,
            "pid": self.child or None,
            "pid_start": self.child_start,
            "restarts": self.restarts,
            "crashes_in_a_row": self.crashes,
            "last_exit": self.last_exit,
            "since": time.time(),
            "labels": self.spec["labels"],
        }
        with contextlib.suppress(OSError):
            write_json(Path(self.spec["state_file"]), state)

    def run(self) -> None:
        while not self.over:
            if self.start_at is not None and time.monotonic() >= self.start_at:
                self.start_at = None
                self.spawn()
            self.wait_for_news()
            if self.well_at is not None and time.monotonic() >= self.well_at:
                self.crashes, self.well_at = 0, None
                self.report("RUNNING")
            self.read_output()
            self.collect()
            if self.kill_at is not None and time.monotonic() >= self.kill_at:
                self.kill_all()
        self.cgroup.remove()

    def wait_for_news(self) -> None:
        deadlines = [at for at in (self.start_at, self.kill_at, self.well_at) if at is not None]
        wait = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        sources = [self.wake] + ([self.pipe] if self.pipe >= 0 else [])
        ready, _, _ = select.select(sources, [], [], wait)
        if self.wake in ready:
            for number in os.read(self.wake, 512):
                self.on_signal(number)

    def on_signal(self, number: int) -> None:
        if number == signal.SIGTERM and not self.stopping:
            self.begin_stop(self.spec["grace_s"])
        elif number == signal.SIGINT:
            self.begin_stop(0.0)

    def begin_stop(self, grace: float) -> None:
        self.stopping, self.start_at, self.well_at = True, None, None
        if not self.child:
            self.report("STOPPED")
            return
        self.report("STOPPING")
        self.kill_at = time.monotonic() + grace
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGTERM)

    def kill_all(self) -> None:
        """End the whole group and what escaped it; the reaping comes by SIGCHLD."""
        self.kill_at = None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child, signal.SIGKILL)

    def spawn(self) -> None:
        self.pipe, output = os.pipe2(os.O_CLOEXEC)
        failed, failure = os.pipe2(os.O_CLOEXEC)
        self.child = os.fork()
        if self.child == 0:
            self.become(output, failure)
        os.close(output)
        os.close(failure)
        os.set_blocking(self.pipe, False)
        self.child_start = start_time(self.child)
        with os.fdopen(failed, "rb") as stream:
            self.trouble = stream.read().decode(errors="replace")
        if not self.trouble and not self.stopping:
            self.well_at = time.monotonic() + self.spec["healthy_after_s"] if self.crashes else None
            self.report("RUNNING")

    def become(self, output: int, failure: int) -> None:
        """Turn the forked child into the wanted process; never returns."""
        try:
            os.setsid()
            os.umask(0o022)
            for number in DEFAULT_AGAIN:
                signal.signal(number, signal.SIG_DFL)
            signal.set_wakeup_fd(-1)
            self.cgroup.join()
            self.limit()
            self.change_user()
            # After the change of user, which would clear it.
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self.me:
                os._exit(1)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(self.spec["cwd"])
            env = {**self.spec["env"], "GOLIVE_INSTANCE": self.tag}
            os.execvpe(self.spec["argv"][0], self.spec["argv"], env)  # noqa: S606
        except BaseException as error:  # noqa: BLE001  whatever it is, the parent must learn of it
            os.write(failure, f"cannot run {self.spec['argv'][0]}: {error}".encode())
        os._exit(127)

    def limit(self) -> None:
        limits = self.spec["limits"]
        wanted = {resource.RLIMIT_NOFILE: limits.get("open_files")}
        wanted[resource.RLIMIT_NPROC] = limits.get("processes")
        if not self.cgroup.holds_memory:
            wanted[resource.RLIMIT_DATA] = limits.get("memory_bytes")
        for kind, value in wanted.items():
            if value is not None:
                _, hard = resource.getrlimit(kind)
                most = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(kind, (most, most))

    def change_user(self) -> None:
        name = self.spec["run_as"]
        if name is None:
            return
        user = pwd.getpwnam(name)
        if os.getuid() == user.pw_uid:
            return
        os.initgroups(name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)

    def read_output(self) -> None:
        for _ in range(64 if self.pipe >= 0 else 0):  # a flood must not keep signals waiting
            try:
                data = os.read(self.pipe, 65536)
            except BlockingIOError:
                return
            if not data:
                self.close_pipe()
                return
            self.output.write(data)

    def close_pipe(self) -> None:
        if self.pipe >= 0:
            os.close(self.pipe)
            self.pipe = -1

    def collect(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self.child:
                self.on_exit(os.waitstatus_to_exitcode(status))

    def on_exit(self, code: int) -> None:
        self.last_exit, self.well_at = code, None
        self.kill_all()
        kill_tagged(self.tag)
        self.read_output()
        self.close_pipe()
        self.child, self.child_start = 0, None
        if self.stopping or (self.spec["one_shot"] and code == 0):
            self.report("STOPPED")
        else:
            self.back_off(code)

    def back_off(self, code: int) -> None:
        self.crashes += 1
        reason = self.trouble or (f"signal {-code}" if code < 0 else f"exit {code}")
        most = self.spec["max_restarts"]
        if most is not None and self.crashes > most:
            self.report("FAILED", reason)
            return
        self.restarts += 1
        pause = self.spec["backoff_first_s"] * 2 ** min(self.crashes - 1, 30)
        self.start_at = time.monotonic() + min(pause, self.spec["backoff_max_s"])
        self.report("BACKOFF", reason)


def detach() -> int:
    """Fork; let the first process wait until the second says that it holds the lock."""
    told, tell = os.pipe2(os.O_CLOEXEC)
    if os.fork():
        os.close(tell)
        os._exit(0 if os.read(told, 1) == b"+" else 3)
    os.close(told)
    return tell


def main(path: str) -> None:
    """Keep the process of the spec at `path` until told to stop. Exit 3: another keeper has it."""
    os.umask(0o077)
    spec = json.loads(Path(path).read_text())
    os.setsid()
    tell = detach()
    lock = os.open(spec["lock_file"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}-{start_time(os.getpid())}".encode())
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    keeper = Keeper(spec)
    os.write(tell, b"+")
    os.close(tell)
    keeper.run()


if __name__ == "__main__":
    main(sys.argv[1])
