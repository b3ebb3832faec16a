"""Facts about processes of this machine that /proc knows."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def start_time(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def same_process(pid: int | None, started: int | None) -> bool:
    """Say whether the process that had this pid and start time still lives."""
    return pid is not None and started is not None and start_time(pid) == started


def boot_id() -> str:
    """Return the name of this boot; pids and start times mean nothing after another."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def instance_tags(realm: str) -> Iterator[tuple[int, str]]:
    """Yield (pid, tag) of the living processes that keepers of this realm started, and all their offspring."""
    needle = f"GOLIVE_INSTANCE={realm}:".encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        with suppress(OSError):
            for variable in Path(f"/proc/{entry}/environ").read_bytes().split(b"\0"):
                if variable.startswith(needle) and start_time(int(entry)) is not None:
                    yield int(entry), variable.partition(b"=")[2].decode(errors="replace")
