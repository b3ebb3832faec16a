"""What the public reads follows the facts."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import Client

from golive.kernel import clock
from golive.kernel.access.roles import GOLIVE, Actor, Role
from golive.kernel.durable import enqueue
from golive.kernel.durable import queries as jobs
from golive.kernel.problems import Invalid, NotFound
from golive.respond.incidents import operations as incidents
from golive.respond.statuspage import operations, queries
from golive.respond.statuspage.workflows import render, write
from golive.ship.releases.events import (
    ReleaseAsked,
    ReleaseHeld,
    ReleasePulled,
    ReleaseResumed,
    ReleaseRolledBack,
    ReleaseServing,
)
from tests.capability.respond.conftest import Join
from tests.support.responding import say
from tests.support.ship_world import world

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def texts() -> list[str]:
    return [said.text for story in queries.status().stories for said in reversed(story.updates)]


def test_a_bad_release_is_told_from_pull_to_rollback() -> None:
    say(ReleaseServing)
    assert queries.status().health == "operational"
    say(ReleasePulled)
    status = queries.status()
    assert (status.health, [one.name for one in status.components]) == ("degraded", ["shop"])
    assert "moved back to the version before" in texts()[0]
    say(ReleaseRolledBack, automatic=True)
    status = queries.status()
    assert (status.health, status.past_stories[0].state) == ("operational", "mitigated")
    assert "works normally for everyone" in texts()[-1]
    assert status.components[0].bars[-1].health == "degraded"


@pytest.mark.django_db(transaction=True)
def test_a_service_is_on_the_page_from_its_first_deployment_on() -> None:
    """A first release has nobody to share the visitors with: it never stands on a step."""
    with world() as w:
        w.ship("1.0")
        assert [(one.name, one.site) for one in queries.status().components] == [("shop", "shop/production")]


def test_trouble_without_a_culprit_takes_the_blame_back() -> None:
    say(ReleasePulled)
    say(ReleaseHeld)
    assert "do not come from the new version" in texts()[-1]
    incidents.set_severity(by=GOLIVE, incident="1", severity="SEV1")
    assert len(texts()) == 2
    say(ReleaseResumed)
    incidents.resolve(by=GOLIVE, incident="1")
    assert [said.state for said in reversed(queries.status().stories[0].updates)] == [
        "investigating",
        "identified",
        "mitigated",
        "resolved",
    ]


def test_what_users_do_not_notice_is_not_told() -> None:
    say(ReleaseAsked)
    assert queries.status().stories == ()
    incidents.set_severity(by=GOLIVE, incident="1", severity="SEV1")
    assert queries.status().health == "outage"


def test_a_severity_that_changes_is_followed(join: Join) -> None:
    ana = join("Ana")
    say(ReleasePulled)
    incidents.set_severity(by=ana, incident="1", severity="SEV1")
    assert (queries.status().health, len(texts())) == ("outage", 1)
    incidents.set_severity(by=ana, incident="1", severity="SEV3")
    assert (queries.status().health, texts()[-1]) == ("operational", "shop works normally again.")
    incidents.set_severity(by=ana, incident="1", severity="SEV2")
    assert queries.status().health == "degraded"


def test_a_question_that_becomes_an_outage_is_told() -> None:
    say(ReleaseAsked)
    say(ReleaseAsked, serving=True, faults=["crash_loop"])
    assert (queries.status().health, texts()) == ("outage", ["shop is not available. We are working on it."])


def test_the_public_reads_the_name_that_it_knows() -> None:
    say(ReleaseServing)
    operations.change_component(by=GOLIVE, site="shop/production", name="Farmers' market")
    say(ReleasePulled)
    say(ReleaseHeld)
    say(ReleaseResumed)
    incidents.resolve(by=GOLIVE, incident="1")
    assert len(texts()) == 4
    files = render(queries.status())
    assert "Farmers&#x27; market" in files["index.html"]
    assert [name for name, text in files.items() if "shop" in text] == []


def test_a_person_words_it_and_golives_words_stay_known(join: Join, browser_of: Callable[[Actor], Client]) -> None:
    ana = join("Ana")
    say(ReleasePulled)
    (said,) = queries.status().stories[0].updates
    browser = browser_of(ana)
    assert browser.post(f"/statuspage/updates/{said.id}/words", {"words": "Checkout failed."}).status_code == 302
    (worded,) = queries.status().stories[0].updates
    assert (worded.text, worded.worded_by, worded.facts_text) == (
        "Checkout failed.",
        "Ana",
        said.facts_text,
    )
    for page in ("/statuspage", "/api/v1/statuspage"):
        assert "Checkout failed." in browser.get(page).content.decode()
    viewer = browser_of(join("Vi", Role.VIEWER))
    assert (
        viewer.put(
            f"/api/v1/statuspage/updates/{said.id}/words",
            {"words": "x"},
            content_type="application/json",
        ).status_code
        == 403
    )
    with pytest.raises(NotFound):
        operations.word(by=ana, update_id=0, words="x")


def test_maintenance_is_announced_shown_and_called_off() -> None:
    say(ReleaseServing)
    now = clock.now()
    for start, end in [(2, 1), (-2, -1)]:
        with pytest.raises(Invalid):
            operations.announce_maintenance(
                by=GOLIVE,
                site="shop/production",
                title="x",
                text="",
                starts_at=now + timedelta(hours=start),
                ends_at=now + timedelta(hours=end),
            )
    work = operations.announce_maintenance(
        by=GOLIVE,
        site="shop/production",
        title="New disks",
        text="",
        starts_at=now - timedelta(minutes=1),
        ends_at=now + timedelta(hours=1),
    )
    status = queries.status()
    assert (status.health, status.maintenance[0].running) == ("maintenance", True)
    operations.cancel_maintenance(by=GOLIVE, maintenance_id=work)
    assert (queries.status().health, queries.status().maintenance) == ("operational", ())


def test_times_without_a_zone_are_refused_in_words(join: Join, browser_of: Callable[[Actor], Client]) -> None:
    say(ReleaseServing)
    body = {
        "site": "shop/production",
        "title": "x",
        "starts_at": "2036-01-01T10:00:00",
        "ends_at": "2036-01-01T11:00:00",
    }
    browser = browser_of(join("Ana"))
    answer = browser.post("/api/v1/statuspage/maintenance", body, content_type="application/json")
    assert answer.status_code == 422
    assert "timezone" in answer.json()["detail"]
    zoned = body | {"starts_at": "2036-01-01T10:00:00+02:00", "ends_at": "2036-01-01T11:00:00+02:00"}
    assert browser.post("/api/v1/statuspage/maintenance", zoned, content_type="application/json").status_code == 201


def test_the_files_are_whole_safe_and_rewritten_only_when_facts_change(tmp_path: Path) -> None:
    say(ReleaseServing)
    say(ReleasePulled)
    update = queries.status().stories[0].updates[0].id
    operations.word(by=GOLIVE, update_id=update, words="<script>alert(1)</script> & more")
    moment = clock.now()
    files = render(queries.status(moment))
    assert write(files, tmp_path) == ["index.html", "feed.atom", "status.json"]
    assert write(render(queries.status(moment + timedelta(milliseconds=1))), tmp_path) == []
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    assert "src=" not in page
    assert "alert(1)" in page
    feed = ElementTree.fromstring((tmp_path / "feed.atom").read_text())
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1
    facts = json.loads((tmp_path / "status.json").read_text())
    assert (facts["status"], len(facts["components"][0]["days"])) == ("degraded", 1)  # it came today
    operations.change_component(by=GOLIVE, site="shop/production", is_public=False)
    assert "shop" not in render(queries.status())["index.html"]


def test_the_edge_gets_the_page_once_it_was_rendered() -> None:
    assert queries.static_sites() == ()
    write(render(queries.status()), queries.directory())
    (site,) = queries.static_sites()
    assert [page.path for page in site.pages] == ["/", "/status.json", "/feed.atom"]
    assert all(Path(page.file).exists() for page in site.pages)


def test_a_change_has_the_page_rendered_at_once() -> None:
    enqueue(operations.RENDER, key="every", run_at=clock.now() + timedelta(hours=1))
    say(ReleasePulled)
    due = jobs.latest(operations.RENDER, key="every")
    assert due
    assert due.due_at
    assert due.due_at <= clock.now()
