"""A process of the laboratory: a worker (`work <owner> <threads> <kinds> <poll>`) or the driver (`drive`: JSON lines in and out)."""

import json
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from golive.kernel import durable  # noqa: E402
from golive.kernel.durable import Again, Done, Job, LeaseLost, Outcome, Wait, queries  # noqa: E402
from golive.kernel.durable.operations import settle_step  # noqa: E402

LEASE = timedelta(seconds=1)
NOTES = Path(os.environ["GOLIVE_HOME"]) / "notes"


def note(line: str) -> None:
    """Append a line as one write, so that lines of several processes do not mix."""
    descriptor = os.open(NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def die_at(job: Job, point: str) -> None:
    """Be killed here, once: only the first owner has fence 1."""
    if job.fence == 1 and job.payload.get("die_at") == point:
        note(f"died {job.key} {point}")
        os.kill(os.getpid(), signal.SIGKILL)


@durable.handler("lab.steps", lease=LEASE)
def steps(job: Job) -> Outcome:
    for name in job.payload["steps"]:

        def effect(name: str = name) -> str:
            note(f"effect {job.key} {name}")
            die_at(job, f"{name}:after effect")
            return name

        die_at(job, f"{name}:before")
        job.step(name, effect)
        die_at(job, f"{name}:after record")
    return Done({"steps": len(job.payload["steps"])})


@durable.handler("lab.once", lease=LEASE)
def once(job: Job) -> Outcome:
    def effect() -> str:
        die_at(job, "started")
        note(f"effect {job.key}")
        die_at(job, "happened")
        return "made"

    die_at(job, "before")
    result = job.once("migrate", effect)
    die_at(job, "recorded")
    return Done({"result": result})


@durable.handler("lab.frozen", lease=LEASE)
def frozen(job: Job) -> Outcome:
    """The first owner waits inside its work for the file `thaw`; its write comes after the second owner's."""
    note(f"inside {job.fence}")
    thaw = NOTES.with_name("thaw")
    while job.fence == 1 and not thaw.exists():
        time.sleep(0.01)
    try:
        job.save({"by": job.fence})
    except LeaseLost:
        note(f"refused {job.fence}")
        raise
    note(f"wrote {job.fence}")
    return Done({"by": job.fence})


@durable.handler("lab.long", lease=LEASE)
def long(job: Job) -> Outcome:
    """Works for three leases without giving the worker's main loop a sign."""
    note(f"inside {job.key} {job.fence}")
    end = time.monotonic() + 3 * LEASE.total_seconds()
    while time.monotonic() < end:
        time.sleep(0.05)
    return Done()


@durable.handler("lab.count", lease=timedelta(seconds=5))
def count(job: Job) -> Outcome:
    note(f"count {job.key} {job.owner}")
    return Done()


@durable.handler("lab.rounds", lease=LEASE)
def rounds(job: Job) -> Outcome:
    """Counts with Again in one process, then waits to be woken."""
    done = job.checkpoint.get("rounds", 0) + 1
    job.save({"rounds": done})
    if done < job.payload["rounds"]:
        return Again(timedelta(milliseconds=20))
    return Wait() if done == job.payload["rounds"] else Done({"rounds": done, "owner": job.owner})


@durable.handler("lab.urgent", lease=LEASE, urgent=True)
def urgent(job: Job) -> Outcome:
    note(f"urgent {job.key}")
    return Done()


@durable.handler("lab.blocking", lease=LEASE)
def blocking(job: Job) -> Outcome:
    note(f"blocking {job.key}")
    release = NOTES.with_name("release")
    while not release.exists():
        time.sleep(0.01)
    return Done()


@durable.handler("lab.woken", lease=LEASE)
def woken(job: Job) -> Outcome:
    """Its first call blocks as above and then waits for ever, its second waits for a moment that has come, then it is done."""
    calls = job.checkpoint.get("calls", 0) + 1
    job.save({"calls": calls})
    if calls == 1:
        blocking(job)
    return (Wait(), Wait(job.now()), Done())[calls - 1]


@durable.handler("lab.careful", lease=LEASE)
def careful(job: Job) -> Outcome:
    """Is in a step that may run once until the file `release` is there."""
    return Done({"said": job.once("migrate", lambda: str(blocking(job)))})


def tick() -> None:
    """Leaves its beginning and end on the machine's monotonic clock."""
    begun = time.monotonic()
    time.sleep(0.03)
    note(f"tick {os.getpid()} {begun} {time.monotonic()}")


def work(owner: str, threads: int, kinds: set[str] | None, poll: float) -> None:
    if kinds is None or "lab.tick" in kinds:
        durable.every("lab.tick", timedelta(milliseconds=100), lease=LEASE)(tick)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    durable.Worker(owner, threads=threads, kinds=kinds, poll=poll).run(stop)


def drive() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    commands: dict[str, Any] = {
        "enqueue": durable.enqueue,
        "wake": durable.wake,
        "latest": lambda kind, key: vars(queries.latest(kind, key=key) or object),
        "steps": lambda job_id: [vars(step) for step in queries.steps(job_id)],
        "settle": settle_step,
        "open": queries.open_count,
    }
    print("ready", flush=True)
    for line in sys.stdin:
        name, args, kwargs = json.loads(line)
        print(json.dumps(commands[name](*args, **kwargs), default=str), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "drive":
        drive()
    else:
        owner, threads, kinds, poll = sys.argv[2:]
        work(owner, int(threads), set(kinds.split(",")) if kinds else None, float(poll))
