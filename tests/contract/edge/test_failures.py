"""What visitors notice of broken replicas, broken releases and a broken edge: nothing, or as little as can be."""

import os
import signal
import threading
from dataclasses import replace

import pytest

from golive.adapters.envoy import EnvoyRouter
from golive.adapters.files import exclusive
from golive.ship.traffic.domain import Backend, EdgeState, Replica, Site, Split
from golive.ship.traffic.ports import EdgeRefused, UnknownSite
from tests.contract.edge.client import ask
from tests.contract.edge.conftest import SITE, listening, with_backend
from tests.support import wait_for
from tools.lab import free_port


def statuses(edge, path, count, method="GET", threads=4):
    found = []

    def load():
        found.extend(edge.get(path, method).status for _ in range(count // threads))

    running = [threading.Thread(target=load) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return found


def test_a_canary_that_never_started_costs_no_get(edge):
    nobody = Replica("B-none", "127.0.0.1", free_port())
    edge.router.apply(with_backend(EdgeState((edge.site(Split("B", "A", 0.5)),)), "B", nobody))
    assert set(statuses(edge, "/nobody", 200)) == {200}


def test_a_canary_killed_under_load_costs_no_get(edge, doomed):
    edge.router.apply(with_backend(EdgeState((edge.site(Split("B", "A", 0.5)),)), "B", doomed.replica))
    wait_for(lambda: edge.get().text == "B")
    timer = threading.Timer(0.1, doomed.kill)
    timer.start()
    found = statuses(edge, "/killed", 600)
    timer.join()
    assert not listening(doomed.port)
    assert set(found) == {200}


def test_a_rescued_failure_of_the_canary_is_in_the_log_of_attempts(edge):
    edge.serve(Split("B", "A", 1.0))
    wait_for(lambda: edge.get().text == "B")
    for upstream in edge.of("B"):
        upstream.mode("503")
    assert edge.get("/rescued").text == "A"
    (request,) = edge.logged("requests", "/rescued")
    assert (request["release"], request["code"], request["attempts"] > 1) == ("A", 200, True)
    attempts = edge.logged("attempts", "/rescued", request["attempts"])
    assert [(line["release"], line["code"]) for line in attempts[:-1]] == [("B", 503)] * (len(attempts) - 1)
    assert (attempts[-1]["release"], attempts[-1]["code"]) == ("A", 200)
    assert {line["request"] for line in attempts} == {request["request"]}


@pytest.fixture
def hanging(edge):
    """Everyone is on the canary, whose replicas accept and never answer."""
    edge.serve(Split("B", "A", 1.0), try_timeout_s=1)
    wait_for(lambda: edge.get().text == "B")
    for upstream in edge.of("B"):
        ask(upstream.port, "/_again")
        upstream.mode("hang")
    yield edge
    for upstream in edge.of("B"):
        upstream.mode("ok")
        ask(upstream.port, "/let-go")


def test_a_request_that_hangs_in_the_canary_waits_for_one_replica_only(hanging):
    assert hanging.get("/hangs").text == "A"
    (request,) = hanging.logged("requests", "/hangs")
    assert request["attempts"] == 2


def test_a_request_that_hangs_is_rescued_after_its_release_was_rolled_back(hanging):
    answers = []
    thread = threading.Thread(target=lambda: answers.append(hanging.get("/left")))
    thread.start()
    wait_for(lambda: hanging.router.in_flight(SITE, "B") == 1)
    hanging.serve(Split.only("A"), try_timeout_s=1)
    thread.join()
    assert (answers[0].status, answers[0].text) == (200, "A")


def test_a_write_that_failed_is_not_done_twice(edge):
    for upstream in edge.of("A"):
        upstream.mode("drop")
    assert edge.get("/pay", "POST", body=b"1").status == 503
    assert sum(upstream.seen("/pay") for upstream in edge.of("A")) == 1
    for upstream in edge.of("A"):
        upstream.mode("503")
    assert edge.get("/order", "POST", body=b"1").status == 503
    assert sum(upstream.seen("/order") for upstream in edge.of("A")) == 1


def test_a_write_to_a_dead_replica_goes_to_the_living(edge):
    dead = Replica("A-dead", "127.0.0.1", free_port())
    living = edge.of("A")[0].replica
    edge.router.apply(with_backend(EdgeState((edge.site(Split.only("A")),)), "A", dead, living))
    assert set(statuses(edge, "/write", 40, "POST", threads=1)) == {200}


def test_one_failing_route_everywhere_does_not_take_down_the_others(edge):
    edge.serve(Split("B", "A", 0.5))
    for upstream in edge.upstreams:
        upstream.mode("503")
    assert set(statuses(edge, "/shop", 120)) == {503}
    assert set(statuses(edge, "/fine", 60)) == {200}


def test_an_outage_is_not_made_four_times_worse(edge):
    for upstream in edge.of("A"):
        upstream.mode("503")
    asked = len(statuses(edge, "/storm", 400, threads=16))
    seen = sum(upstream.seen("/storm") for upstream in edge.of("A"))
    assert seen < 4 * asked


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"rate_limit_per_minute": 5_000_000_000}, "token_bucket.max_tokens: uint32"),
        ({"csp": "x" * 20_000}, "value length must be at most 16384 bytes"),
    ],
)
def test_a_refused_configuration_says_why_and_the_old_one_serves_on(edge, setting, words):
    with pytest.raises(EdgeRefused) as refusal:
        edge.serve(Split.only("A"), **setting)
    assert words in str(refusal.value)
    assert "virtual_hosts {" not in str(refusal.value)
    assert "version_info" not in str(refusal.value)
    assert str(edge.directory) not in str(refusal.value)
    assert edge.get().status == 200
    edge.kill()
    edge.start()
    assert edge.get().text == "A"


def test_what_was_refused_before_is_not_said_of_a_change_that_takes_its_time(edge):
    with pytest.raises(EdgeRefused):
        edge.serve(Split.only("A"), rate_limit_per_minute=5_000_000_000)
    edge.serve(Split("B", "A", 0.5))
    edge.process.send_signal(signal.SIGSTOP)
    applied = edge.router.set_split(SITE, Split("B", "A", 1.0))
    try:
        with pytest.raises(EdgeRefused, match="did not take"):
            edge.router.confirm(applied.version, limit_s=0.1)
    finally:
        edge.process.send_signal(signal.SIGCONT)
    edge.router.confirm(applied.version)
    wait_for(lambda: edge.get().text == "B")


def test_a_process_that_hangs_with_the_files_in_hand_is_told_of_and_not_waited_for_for_ever(edge):
    hasty = EnvoyRouter(edge.directory, limit_s=0.05)
    with exclusive(edge.directory / ".lock"), pytest.raises(EdgeRefused, match="has had the edge's files in hand"):
        hasty.set_split(SITE, Split("B", "A", 0.5))
    assert edge.router.current().sites[0].split == Split.only("A")
    hasty.set_split(SITE, Split("B", "A", 0.5))


def test_a_queue_of_changes_is_waited_for_as_long_as_it_moves(edge):
    """Ten releases at once: each change takes seconds on a busy machine, and none of them hangs."""
    lock, begun, waited = edge.directory / ".lock", threading.Event(), threading.Event()

    def relay():
        with exclusive(lock):
            begun.set()
            for _ in range(12):
                waited.wait(0.05)
                os.utime(lock)  # the next one has it

    others = threading.Thread(target=relay)
    others.start()
    begun.wait()
    EnvoyRouter(edge.directory, limit_s=0.04).set_split(SITE, Split("B", "A", 0.5))
    others.join()
    assert edge.router.current().sites[0].split == Split("B", "A", 0.5)


def test_a_port_that_is_taken_is_refused(edge):
    with_taken = Site("other/production", edge.of("A")[0].port)
    with pytest.raises(EdgeRefused):
        edge.router.apply(EdgeState((edge.site(Split.only("A")), with_taken)))
    assert edge.get().status == 200


def test_a_killed_edge_serves_the_same_split_again_from_its_files(edge):
    edge.serve(Split("B", "A", 0.5))
    edge.router.confirm(edge.router.set_split(SITE, Split("B", "A", 1.0)).version)
    edge.kill()
    edge.start()
    assert {edge.get().text for _ in range(20)} == {"B"}


def test_damaged_and_deleted_files_change_nothing_and_are_repaired(edge):
    wanted = EdgeState((edge.site(Split("B", "A", 1.0)),))
    edge.router.apply(wanted)
    xds = edge.directory / "xds"
    (xds / "cds.json").unlink()
    (xds / "broken").write_text('{"version_info": "1", "resour')
    (xds / "broken").replace(xds / f"rds-port-{edge.port}.json")
    assert {edge.get().text for _ in range(10)} == {"B"}
    applied = edge.router.apply(wanted)
    assert set(applied.changed) == {"cds.json", f"rds-port-{edge.port}.json"}
    edge.kill()
    edge.start()
    assert {edge.get().text for _ in range(10)} == {"B"}


def test_only_what_differs_is_rewritten(edge):
    edge.serve(Split("B", "A", 0.1))
    assert edge.serve(Split("B", "A", 0.1)).changed == ()
    assert edge.serve(Split("B", "A", 0.2)).changed == (f"rds-port-{edge.port}.json",)
    assert edge.router.set_split(SITE, Split("B", "A", 0.2)).changed == ()
    assert edge.router.current().sites[0].split == Split("B", "A", 0.2)


def test_a_split_needs_a_known_site_and_backends(edge):
    with pytest.raises(UnknownSite):
        edge.router.set_split("no/where", Split.only("A"))
    with pytest.raises(UnknownSite):
        edge.router.set_split(SITE, Split.only("C"))


def test_a_whole_release_change_under_load_costs_nothing(edge):
    found = []
    done = threading.Event()

    def load():
        while not done.is_set():
            found.append(edge.get("/change").status)
            found.append(edge.get("/change", "POST", body=b"x").status)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    only_a = replace(edge.site(Split.only("A")), backends=edge.site(None).backends[:1])
    edge.router.apply(EdgeState((only_a,)))
    edge.serve(Split("B", "A", 0.1))
    for share in (0.5, 1.0):
        edge.router.confirm(edge.router.set_split(SITE, Split("B", "A", share)).version)
    edge.serve(Split.only("B"))
    assert edge.router.in_flight(SITE, "A") == 0
    only_b = replace(edge.site(Split.only("B")), backends=edge.site(None).backends[1:])
    edge.router.apply(EdgeState((only_b,)))
    done.set()
    for thread in threads:
        thread.join()
    assert set(found) == {200}
    assert not list((edge.directory / "xds").glob("eds-*~A.json"))


def test_counters_and_requests_in_flight(edge):
    before = edge.router.counters().get(SITE, {}).get("A", 0)
    for _ in range(5):
        edge.get()
    assert edge.router.counters()[SITE]["A"] >= before + 5
    thread = threading.Thread(target=edge.get, args=("/hold",))
    thread.start()
    wait_for(lambda: edge.router.in_flight(SITE, "A") == 1)
    for upstream in edge.of("A"):
        ask(upstream.port, "/let-go")
    thread.join()
    wait_for(lambda: edge.router.in_flight(SITE, "A") == 0)


def test_a_backend_named_twice_is_nonsense():
    with pytest.raises(ValueError, match="no backend"):
        Site(SITE, 1, (Backend("A", ()),), Split.only("B"))
