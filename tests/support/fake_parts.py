"""Stands in for golive's supervisor and engine: `fake_parts.py HOME [seconds]` holds the lock and beats."""

import fcntl
import sys
import time
from pathlib import Path

home = Path(sys.argv[1])
life = float(sys.argv[2]) if sys.argv[2:] else 120.0
with (home / "starts").open("a") as starts:
    starts.write("x")
lock = (home / "run" / "supervisor.lock").open("a+")
fcntl.flock(lock, fcntl.LOCK_EX)
end = time.monotonic() + life
while time.monotonic() < end and home.exists():
    (home / "run" / "engine.heartbeat").touch()
    time.sleep(0.1)
