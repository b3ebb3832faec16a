"""Checks, health and readiness."""

import threading

import pytest
from golive_app import health
from golive_app.checks import Down, Outcome, Registry, memory


def _down() -> None:
    raise Down("connection refused")


def test_only_down_degrades() -> None:
    checks = Registry()
    checks.add("disk", lambda: Outcome("warning", "91 % used"))
    checks.add("cache", lambda: Outcome("unknown"))
    assert health.health(checks).status == 200
    checks.add("database", _down)
    answer = health.health(checks)
    assert (answer.status, answer.document["status"]) == (503, "degraded")
    assert answer.document["checks"]["database"]["detail"] == "connection refused"


def test_a_probe_that_raises_anything_is_down_and_hides_its_message() -> None:
    checks = Registry()

    def leaky() -> None:
        raise RuntimeError("postgres://user:secret@host")

    checks.add("database", leaky)
    assert b"secret" not in health.health(checks).body


def test_what_the_app_can_serve_without_does_not_hold_readiness() -> None:
    checks = Registry()
    checks.add("mail", _down, ready=False)
    assert health.ready(checks).status == 200
    assert health.health(checks).status == 503


def test_a_hanging_probe_is_down_after_the_deadline_and_is_not_started_again() -> None:
    started, release = [], threading.Event()

    def hangs() -> None:
        started.append(1)
        release.wait(20)

    checks = Registry()
    checks.add("database", hangs)
    for _ in range(3):
        assert checks.run(deadline=0.05)["database"].state == "down"
    assert started == [1]
    release.set()


def test_a_report_that_cannot_be_made_is_unhealthy() -> None:
    class Broken(Registry):
        def run(self, **_: object) -> dict[str, Outcome]:
            raise RuntimeError("can't start new thread")

    answer = health.health(Broken())
    assert (answer.status, answer.document["status"]) == (500, "unhealthy")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_and_paths_belong_to_the_app(method: str) -> None:
    assert health.answer(method, "/api/health", Registry()) is None
    assert health.answer("GET", "/api/health/", Registry()) is None


def test_memory_is_known_on_linux() -> None:
    assert memory().state in ("ok", "warning")
