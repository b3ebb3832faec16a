"""A release has to answer HTTP before any user comes: an open port proves nothing."""

import pytest

from golive.ship.releases.models import Record
from tests.support.ship_world import MANIFEST, World, world

pytestmark = pytest.mark.django_db(transaction=True)
UNNAMED = MANIFEST.replace('probes = ["/products"]\n', "")
HASTY = UNNAMED + '[health]\ntimeout = "20s"\n'
READY = MANIFEST + '[health]\nready = "/ready"\n'


def sentence(release: str, state: str) -> str:
    return str(Record.objects.get(release_id=release, kind=state).facts["sentence"])


def never_served(w: World, release: str) -> bool:
    return not any(release in (split.old, split.new) for site, split in w.router.splits if site == "shop/production")


@pytest.mark.parametrize(("status", "said"), [(500, "GET / answered 500"), (503, "503"), (0, "GET / did not answer")])
def test_a_release_whose_home_page_is_broken_reaches_nobody(status: int, said: str) -> None:
    with world(HASTY) as w:
        w.prober.says = lambda _port, _path: status
        w.target.said = "ModuleNotFoundError: No module named 'cupons'"
        one = w.queue("1.0")
        w.until(one, "FAILED_BEFORE_TRAFFIC", seconds=60)
        row = w.release(one)
        assert row.facts["failed_in"] == "STAGED"
        assert row.sentence.startswith("Staging does not answer: ")
        assert said in row.sentence
        assert "No module named 'cupons'" in row.sentence
        assert 'ready = "/path"' in row.sentence
        assert row.facts["problem"]["tail"] == w.target.said
        assert w.target.count("boot production") == 0


@pytest.mark.parametrize("status", [204, 302, 400, 401, 403, 404, 426])
def test_every_answer_but_a_server_error_is_one(status: int) -> None:
    with world(UNNAMED) as w:
        w.prober.says = lambda _port, _path: status
        one = w.queue("1.0")
        w.until(one, "WATCH_10M", seconds=60)
        assert f"GET / answered {status}" in sentence(one, "VERIFIED")
        assert f"GET / answered {status}" in sentence(one, "WARM")


def test_an_app_that_is_still_loading_behind_its_open_port_gets_its_time_to_start() -> None:
    with world(HASTY) as w:
        ready_at = w.clock.monotonic() + 15
        w.prober.says = lambda _port, _path: 200 if w.clock.monotonic() >= ready_at else 503
        one = w.queue("1.0")
        w.run(lambda: w.release(one).waits_for != "", seconds=10, what="a word about the wait")
        assert "GET / answered 503" in w.release(one).waits_for
        w.until(one, "WATCH_10M", seconds=60)
        assert w.release(one).waits_for == ""


def test_a_release_that_crashes_again_and_again_is_not_waited_for() -> None:
    with world(UNNAMED) as w:
        w.prober.says = lambda _port, _path: 0
        one = w.queue("1.0")
        w.target.wrong[one] = [("r", "crash_loop")]
        w.until(one, "FAILED_BEFORE_TRAFFIC", seconds=2)


def test_a_release_that_is_broken_in_production_alone_reaches_nobody() -> None:
    """Another environment has other secrets."""
    with world(HASTY) as w:
        one = w.ship("1.0")
        two = w.queue("1.1")

        def says(port: int, _path: str) -> int:
            there = {replica.port for replica in w.target.running.get((two, "production"), ())}
            return 500 if port in there else 200

        w.prober.says = says
        w.target.said = "KeyError: 'STRIPE_KEY'"
        w.until(two, "FAILED_BEFORE_TRAFFIC", seconds=120)
        row = w.release(two)
        assert row.facts["failed_in"] == "BOOTED"
        assert "GET / answered 500" in row.sentence
        assert "STRIPE_KEY" in row.sentence
        assert never_served(w, two)
        assert w.state(one) == "WATCH_10M"


def test_where_the_owner_names_a_path_nothing_else_has_to_answer() -> None:
    with world(READY) as w:
        w.prober.says = lambda _port, path: 500 if path == "/" else 200
        one = w.queue("1.0")
        w.until(one, "WATCH_10M", seconds=60)
        assert "GET /ready answered 200" in sentence(one, "VERIFIED")


def test_a_path_that_the_owner_names_fails_at_once_when_the_app_has_said_that_it_is_ready() -> None:
    with world(READY + '[environments.staging]\nprobes = ["/products"]\n') as w:
        w.prober.says = lambda _port, path: 404 if path == "/products" else 200
        one = w.queue("1.0")
        w.until(one, "FAILED_BEFORE_TRAFFIC", seconds=2)
        assert "GET /products answered 404" in w.release(one).sentence
