"""Durable work when its processes are killed, frozen and doubled, on SQLite and on PostgreSQL."""

import itertools
import signal
from collections import Counter

from tests.support import wait_for
from tests.support.lab import Lab

STEPS = ["fetch", "build", "boot"]
BOUNDARIES = ["before", "after effect", "after record"]


def finish_with_restarts(lab: Lab, kind: str, keys: list[str]) -> int:
    """Start a worker again whenever it was killed, until no job is open; returns the number of deaths."""
    deaths = 0
    worker = lab.worker("w0", threads=1, kinds=[kind])

    def settled() -> bool:
        nonlocal worker, deaths
        if worker.poll() is not None:
            deaths += 1
            worker = lab.worker(f"w{deaths}", threads=1, kinds=[kind])
        return all(lab.call("latest", kind, key)["state"] not in {"READY", "RUNNING"} for key in keys)

    wait_for(settled, seconds=60, what=f"{kind} jobs settled")
    return deaths


def test_killed_at_every_step_boundary_each_job_ends_and_recorded_steps_never_repeat(
    lab: Lab,
) -> None:
    points = [f"{step}:{boundary}" for step in STEPS for boundary in BOUNDARIES]
    for number, point in enumerate(points):
        lab.call("enqueue", "lab.steps", key=f"k{number}", payload={"steps": STEPS, "die_at": point})

    deaths = finish_with_restarts(lab, "lab.steps", [f"k{number}" for number in range(len(points))])

    assert deaths == len(points)
    effects = Counter((key, step) for key, step in lab.notes("effect"))
    for number, point in enumerate(points):
        job = lab.call("latest", "lab.steps", f"k{number}")
        assert (job["state"], job["fence"], job["result"]) == ("DONE", 2, {"steps": 3})
        for step in STEPS:
            cut_off = point == f"{step}:after effect"
            assert effects[f"k{number}", step] == (2 if cut_off else 1), (point, step)


def test_a_step_that_may_run_once_is_never_repeated_and_a_cut_off_one_asks_a_person(
    lab: Lab,
) -> None:
    points = ["before", "started", "happened", "recorded"]
    for point in points:
        lab.call("enqueue", "lab.once", key=point, payload={"die_at": point})

    deaths = finish_with_restarts(lab, "lab.once", points)

    assert deaths == len(points)
    states = {point: lab.call("latest", "lab.once", point)["state"] for point in points}
    assert states == {
        "before": "DONE",
        "started": "UNKNOWN",
        "happened": "UNKNOWN",
        "recorded": "DONE",
    }
    assert Counter(key for (key,) in lab.notes("effect")) == {
        "before": 1,
        "happened": 1,
        "recorded": 1,
    }

    lab.call("settle", lab.call("latest", "lab.once", "started")["id"], "migrate", happened=False)
    lab.call(
        "settle",
        lab.call("latest", "lab.once", "happened")["id"],
        "migrate",
        happened=True,
        result="seen",
    )
    wait_for(lambda: lab.call("open") == 0, what="settled jobs finished")
    assert lab.call("latest", "lab.once", "started")["result"] == {"result": "made"}
    assert lab.call("latest", "lab.once", "happened")["result"] == {"result": "seen"}
    assert Counter(key for (key,) in lab.notes("effect"))["happened"] == 1


def test_the_late_write_of_an_owner_frozen_past_its_lease_is_refused(lab: Lab) -> None:
    first = lab.worker("first", kinds=["lab.frozen"])
    lab.call("enqueue", "lab.frozen", key="k")
    wait_for(lambda: lab.notes("inside"), what="first owner inside")
    first.send_signal(signal.SIGSTOP)

    lab.worker("second", kinds=["lab.frozen"])
    wait_for(lambda: lab.notes("wrote"), what="second owner wrote")
    (lab.home / "thaw").touch()
    first.send_signal(signal.SIGCONT)

    wait_for(lambda: lab.notes("refused"), what="late write refused")
    assert (lab.notes("wrote"), lab.notes("refused")) == ([["2"]], [["1"]])
    job = wait_for(lambda: (found := lab.call("latest", "lab.frozen", "k"))["state"] == "DONE" and found)
    assert (job["fence"], job["owner"], job["checkpoint"], job["result"]) == (
        2,
        "second",
        {"by": 2},
        {"by": 2},
    )


def test_work_longer_than_its_lease_keeps_its_owner(lab: Lab) -> None:
    lab.worker("a", threads=1, kinds=["lab.long"])
    lab.worker("b", threads=1, kinds=["lab.long"])
    for key in ("k0", "k1"):
        lab.call("enqueue", "lab.long", key=key)
    wait_for(lambda: lab.call("open") == 0, what="long jobs done")
    assert sorted(lab.notes("inside")) == [["k0", "1"], ["k1", "1"]]


def test_two_workers_at_once_never_double(lab: Lab) -> None:
    keys = [f"k{number}" for number in range(150)]
    workers = [lab.worker(owner, kinds=["lab.count"]) for owner in ("a", "b")]
    wait_for(lambda: len(list((lab.home / "run").glob("wake-*.sock"))) == 2, what="both workers up")
    for key in keys:
        lab.call("enqueue", "lab.count", key=key)
    wait_for(lambda: lab.call("open") == 0, seconds=60, what="all counted")
    counted = lab.notes("count")
    assert sorted(key for key, _owner in counted) == sorted(keys)
    assert {owner for _key, owner in counted} == {"a", "b"}
    for worker in workers:
        worker.terminate()
        assert worker.wait(20) == 0, lab.errors()


def test_a_periodic_job_has_one_owner_at_a_time_and_survives_it(lab: Lab) -> None:
    workers = {process.pid: process for process in (lab.worker(o, kinds=["lab.tick"]) for o in ("a", "b"))}
    wait_for(lambda: len(lab.notes("tick")) >= 8, what="ticks")
    owner = int(lab.notes("tick")[-1][0])
    workers[owner].kill()
    seen = len(lab.notes("tick"))
    wait_for(lambda: len(lab.notes("tick")) >= seen + 5, what="ticks after the owner's death")

    spans = sorted((float(begun), float(ended)) for _pid, begun, ended in lab.notes("tick"))
    overlaps = [(one, two) for one, two in itertools.pairwise(spans) if two[0] < one[1]]
    assert overlaps == []
    assert int(lab.notes("tick")[-1][0]) != owner


def test_again_stays_with_its_owner_and_a_wait_ends_by_wake(lab: Lab) -> None:
    lab.worker("a", kinds=["lab.rounds"])
    lab.worker("b", kinds=["lab.rounds"])
    lab.call("enqueue", "lab.rounds", key="k", payload={"rounds": 20})
    waiting = wait_for(lambda: (found := lab.call("latest", "lab.rounds", "k"))["state"] == "WAITING" and found)
    assert (waiting["fence"], waiting["checkpoint"]["rounds"], waiting["due_at"]) == (1, 20, None)
    assert lab.call("wake", "lab.rounds", key="k") is True
    wait_for(lambda: lab.call("latest", "lab.rounds", "k")["state"] == "DONE", what="woken")
    assert lab.call("latest", "lab.rounds", "k")["fence"] == 2
    assert lab.call("wake", "lab.rounds", key="k") is False


def test_urgent_work_has_a_thread_when_all_others_are_blocked(lab: Lab) -> None:
    lab.worker("a", threads=4, kinds=["lab.blocking", "lab.urgent", "lab.tick"])
    for number in range(6):
        lab.call("enqueue", "lab.blocking", key=f"k{number}")
    wait_for(lambda: len(lab.notes("blocking")) == 3, what="all ordinary threads blocked")
    lab.call("enqueue", "lab.urgent", key="page")
    wait_for(lambda: lab.notes("urgent"), what="urgent work done")
    ticks = len(lab.notes("tick"))
    wait_for(lambda: len(lab.notes("tick")) >= ticks + 3, what="what is periodic goes on")
    assert len(lab.notes("blocking")) == 3
    (lab.home / "release").touch()
    wait_for(lambda: len(lab.notes("blocking")) == 6, what="the rest")


def test_a_stopped_worker_gives_back_what_it_holds(lab: Lab) -> None:
    worker = lab.worker("a", kinds=["lab.rounds"])
    lab.call("enqueue", "lab.rounds", key="k", payload={"rounds": 10_000})
    wait_for(lambda: lab.call("latest", "lab.rounds", "k")["checkpoint"].get("rounds", 0) > 3)
    worker.terminate()
    assert worker.wait(20) == 0, lab.errors()
    job = lab.call("latest", "lab.rounds", "k")
    assert (job["state"], job["owner"]) == ("READY", "")


def test_a_stopped_worker_waits_for_a_step_that_may_run_once_and_for_little_else(lab: Lab) -> None:
    """Ordinary work goes on later where it was; a migration that is cut off would ask a person."""
    idle, careful = (lab.worker(kind, kinds=[f"lab.{kind}"]) for kind in ("blocking", "careful"))
    for kind in ("blocking", "careful"):
        lab.call("enqueue", f"lab.{kind}", key=kind)
    wait_for(lambda: len(lab.notes("blocking")) == 2, what="both at work")
    careful.terminate()
    idle.terminate()
    assert idle.wait(60) == 0, lab.errors()
    assert careful.poll() is None
    (lab.home / "release").touch()
    assert careful.wait(60) == 0, lab.errors()
    assert lab.call("latest", "lab.careful", "careful")["state"] == "DONE"
    assert lab.call("latest", "lab.blocking", "blocking")["state"] == "READY"


def test_what_found_no_thread_does_not_wait_for_the_next_look(lab: Lab) -> None:
    for number in range(5):
        lab.call("enqueue", "lab.count", key=f"c{number}")
    lab.call("enqueue", "lab.rounds", key="r", payload={"rounds": 3})

    lab.worker("only", threads=1, kinds=["lab.count", "lab.rounds"], poll=3600)

    wait_for(lambda: len(lab.notes("count")) == 5, what="one after the other")
    wait_for(lambda: lab.call("latest", "lab.rounds", "r")["state"] == "WAITING", what="the one that goes on by itself")


def test_what_is_due_again_at_once_does_not_wait_for_the_next_look(lab: Lab) -> None:
    lab.call("enqueue", "lab.woken", key="w")
    lab.worker("only", threads=4, kinds=["lab.woken"], poll=3600)
    wait_for(lambda: lab.notes("blocking"), what="it runs")
    assert lab.call("wake", "lab.woken", key="w")

    (lab.home / "release").touch()

    wait_for(lambda: lab.call("latest", "lab.woken", "w")["state"] == "DONE", what="its second and its third call")
