"""What golive gives up on is told to a person, who can try it again or let it go."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from golive.kernel import audit, durable
from golive.kernel.access.roles import Role
from golive.kernel.audit import queries as acts
from golive.kernel.durable import Done, Job, queries
from golive.kernel.durable.registry import registry
from golive.kernel.problems import Conflict
from golive.respond.incidents import operations as incidents
from golive.respond.incidents import queries as open_ones
from golive.runtime.rooms import work_given_up
from tests.capability.respond.conftest import Join, Provider
from tests.support.responding import KINDS, Engine, on_call

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "test.broken"
Browser = Callable[[object], Client]


class Broken:
    """A kind of work that fails while it is broken."""

    broken = True

    def __call__(self, job: Job) -> Done:
        if self.broken:
            raise OSError(f"<b>{job.key}</b> is away")
        return Done()


@pytest.fixture
def work() -> Iterator[Broken]:
    function = Broken()
    durable.handler(KIND, max_attempts=2)(function)
    yield function
    registry.remove(KIND)


def given_up(engine: Engine, *keys: str) -> list[str]:
    jobs = [durable.enqueue(KIND, key=key) for key in keys]
    for _ in range(3):
        engine.run(after=10)
    assert {one.state for key in keys if (one := queries.latest(KIND, key=key))} == {"DEAD"}
    return jobs


def engine_of(kind: str = KIND) -> Engine:
    return Engine(KINDS | {kind})


def test_a_person_is_paged_once_and_tries_all_of_it_again(
    work: Broken, provider: Provider, join: Join, browser_of: Browser
) -> None:
    op = join("Op", Role.OPERATOR)
    on_call({op.email: ["line"]})
    engine = engine_of()
    first, second = given_up(engine, "one", "two")
    (incident,) = open_ones.open_incidents()
    assert (incident.severity, incident.title) == ("SEV3", "golive gave up on work of its own")
    assert "golive jobs list" in incident.sentence
    assert len({message.dedup_key for _, message in provider.sent}) == 1
    hint = work_given_up()
    assert hint is not None
    assert (hint.words, hint.state) == ("2", "suspicious")

    browser = browser_of(op)
    page = browser.get("/jobs").content.decode()
    assert "golive gave up on 2 pieces of its own work." in page.replace("\xa0", " ")
    assert "&lt;b&gt;one&lt;/b&gt; is away" in page
    assert browser.get(f"/incidents/{incident.number}").status_code == 200
    assert browser.get("/").status_code == 200
    work.broken = False
    assert browser.post(f"/jobs/{first}/retry").status_code == 302
    assert browser.post(f"/api/v1/jobs/{second}/retry").json() == {"sentence": "It is tried again now."}
    engine.run(after=10)
    assert queries.dead_letters() == []
    assert work_given_up() is None
    assert "golive gave up on nothing." in browser.get("/jobs").content.decode()
    assert {(act.actor, act.action, act.subject) for act in acts.latest(limit=10)} >= {
        (str(op), "work.retried", first),
        (str(op), "work.retried", second),
    }
    assert audit.verify().holds


def test_what_is_let_go_is_not_tried_again_and_what_fails_later_opens_anew(
    work: Broken, provider: Provider, join: Join, browser_of: Browser
) -> None:
    op = join("Op", Role.OPERATOR)
    engine = engine_of()
    (job,) = given_up(engine, "one")
    (incident,) = open_ones.open_incidents()
    incidents.resolve(by=op, incident=incident.id)
    browser = browser_of(op)
    assert browser.post(f"/api/v1/jobs/{job}/forget").status_code == 200
    assert browser.get("/api/v1/jobs/given-up").json() == []
    assert browser.post(f"/api/v1/jobs/{job}/retry").status_code == 409
    assert browser.post("/api/v1/jobs/job_none/forget").status_code == 404
    assert browser.post(f"/jobs/{job}/explode").status_code == 404
    engine.run(after=3600)
    found = queries.get(job)
    assert found is not None
    assert found.state == "DONE"
    assert durable.enqueue(KIND, key="one") != job
    given_up(engine, "two")
    assert len(open_ones.open_incidents()) == 1


def test_a_viewer_neither_reads_failures_nor_decides(
    work: Broken, provider: Provider, join: Join, browser_of: Browser
) -> None:
    (job,) = given_up(engine_of(), "one")
    browser = browser_of(join("Vi", Role.VIEWER))
    for path in ("/jobs", "/api/v1/jobs/given-up"):
        assert browser.get(path).status_code == 403
    for path in (f"/jobs/{job}/retry", f"/api/v1/jobs/{job}/forget", f"/api/v1/jobs/{job}/retry"):
        assert browser.post(path).status_code == 403
    assert Client().get("/api/v1/jobs/given-up").status_code == 401
    with pytest.raises(Conflict):
        durable.forget(durable.enqueue(KIND, key="open"))
