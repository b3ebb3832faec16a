"""The pages of releases as people of each role see and press them.  mission: SHIP-3, SHIP-6"""

import re
from html import unescape

import pytest
from django.test import Client

from golive.kernel.access import operations as access
from golive.kernel.access.models import Person
from golive.kernel.access.roles import GOLIVE, Role
from golive.ship.evidence.models import Evidence
from golive.ship.releases.models import Release
from tests.support.ship_world import MANIFEST, World, world

pytestmark = pytest.mark.django_db(transaction=True)
APPROVED = MANIFEST.replace("[environments.production]", "[environments.production]\napprovals = 1")


def person(role: Role, email: str = "") -> Client:
    made = access.create_person(by=GOLIVE, email=email or f"{role.word}@example.org", name=role.word, role=role)
    client = Client()
    client.force_login(Person.objects.get(pk=made.pk))
    return client


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.content[:2000]
    return unescape(answer.content.decode()).replace("\u00a0", " ")


def canary(w: World) -> str:
    w.ship("1.0")
    w.run(lambda: w.number > 1500)
    two = w.queue("1.1")
    w.until(two, "STEP")
    for _ in range(8):
        w.second()
    return two


def test_the_page_answers_in_its_title_at_each_turn():
    with world() as w:
        operator = person(Role.OPERATOR)
        two = canary(w)
        assert "The edge sends it 10 % of the traffic." in page(operator, f"/releases/{two}?tab=record")
        said = page(operator, f"/releases/{two}")
        assert "1.1 serves 10 % of production. No difference found yet." in said
        assert "Roll back to 1.0" in said
        assert "PULL at 20" in said
        w.broken = lambda version, method, _path: version == "1.1" and method == "POST"
        w.until(two, "PULLED", "CONFIRMING", seconds=60)
        assert "1.0 serves everyone again." in page(operator, f"/releases/{two}")
        w.until(two, "ROLLED_BACK", seconds=400)
        said = page(operator, f"/releases/{two}")
        assert "1.1 is out. 1.0 serves." in said
        assert 'href="/incidents/inc_' in said
        assert "Roll back to 1.0" not in said
        error = {"kind": "TypeError", "message": "Decimal", "count": 7, "first_seen": "2026-11-19T14:00:00+00:00"}
        Evidence.objects.update_or_create(
            pk=two, defaults={"body": {"new_errors": [error]}, "pulled_at": w.clock.now(), "gathered_at": w.clock.now()}
        )
        head, _, _ = page(operator, f"/releases/{two}").partition("Evidence against")
        assert "New error TypeError: Decimal (7 times)." in head  # what broke, before any chart


@pytest.mark.parametrize("tab", ["new", "gates", "changes", "approvals", "record", "nonsense"])
def test_every_tab_opens(tab):
    with world() as w:
        one = w.ship("1.0")
        assert "About this release" in page(person(Role.VIEWER), f"/releases/{one}?tab={tab}")


def test_a_viewer_sees_all_and_may_press_nothing():
    with world() as w:
        two = canary(w)
        viewer = person(Role.VIEWER)
        assert "Pull 1.1" not in page(viewer, f"/releases/{two}")
        viewer.post(f"/releases/{two}/pull")
        assert "Your role does not allow this" in page(viewer, f"/releases/{two}")
        w.second()
        assert Release.objects.get(pk=two).state == "STEP"


def test_an_operator_says_what_will_happen_before_it_does():
    with world() as w:
        two = canary(w)
        operator = person(Role.OPERATOR)
        said = page(operator, f"/releases/{two}")
        for words in ("Will serve", "1.0 at 100 %, in under a second", "Database", "Undo"):
            assert words in said
        operator.post(f"/releases/{two}/rollback")
        w.until(two, "ROLLED_BACK", seconds=60)


def test_pressing_needs_the_token_of_the_page():
    with world() as w:
        two = canary(w)
        made = access.create_person(by=GOLIVE, email="o@example.org", name="o", role=Role.OPERATOR)
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(Person.objects.get(pk=made.pk))
        assert strict.post(f"/releases/{two}/pull").status_code == 403
        assert strict.get(f"/releases/{two}/pull").status_code == 405


def test_an_approver_approves_but_not_what_they_wrote():
    with world(APPROVED) as w:
        one = w.queue("1.0", author="mira@example.org")
        w.until(one, "AWAITING_APPROVAL")
        author, other = person(Role.APPROVER, "mira@example.org"), person(Role.APPROVER)
        assert "You wrote it; someone else approves" in page(author, f"/releases/{one}")
        author.post(f"/releases/{one}/approve")
        assert Release.objects.get(pk=one).state == "AWAITING_APPROVAL"
        assert "Let 1.0 go to production?" in page(other, f"/releases/{one}")
        other.post(f"/releases/{one}/approve", {"digest": Release.objects.get(pk=one).digest})
        w.second()
        assert Release.objects.get(pk=one).state != "AWAITING_APPROVAL"


def test_words_of_an_author_are_only_words():
    with world() as w:
        one = w.ship("1.0")
        Release.objects.filter(pk=one).update(subject="<script>alert(1)</script>", author='"><img src=x onerror=y>')
        viewer = person(Role.VIEWER)
        for path in (f"/releases/{one}", "/releases", "/"):
            raw = viewer.get(path).content.decode()
            assert "<script>alert" not in raw
            assert "<img" not in raw


def test_the_list_and_the_overview_lead_to_each_release():
    with world() as w:
        two = canary(w)
        viewer = person(Role.VIEWER)
        assert "One release is moving." in page(viewer, "/releases")
        assert f"/releases/{two}" in page(viewer, "/releases?service=shop")
        said = page(viewer, "/")
        assert "Nothing is broken. One release is moving." in said
        assert f'href="/releases/{two}">1.1 at 10 %</a>' in said
        assert 'href="/services/shop#production"' in said


def test_nothing_yet_teaches_the_next_step():
    viewer = person(Role.VIEWER)
    assert "golive init && golive deploy" in page(viewer, "/")
    assert "golive init && golive deploy" in page(viewer, "/releases")


def test_what_is_not_there_is_said_so():
    viewer = person(Role.VIEWER)
    assert "There is no such thing" in page(viewer, "/releases/rel_nothing", 404)
    assert viewer.post("/releases/rel_nothing/explode").status_code == 404
    assert Client().get("/releases").status_code == 302


def test_what_is_held_says_what_it_waits_for_on_its_page_and_on_the_overview():
    with world() as w:
        operator = person(Role.OPERATOR)
        two = canary(w)
        facts = w.release(two).facts | {"began_with_release": True}
        Release.objects.filter(pk=two).update(state="HELD", share=0.0, facts=facts)
        for path in (f"/releases/{two}", "/"):
            said = page(operator, path)
            assert "It waits for a person: both releases are in trouble since this one came." in said
            assert "golive resume 1.1, golive rollback --service shop" in said


def fields(html: str, path: str) -> dict[str, str]:
    """What the form that posts to `path` sends beside its token."""
    form = html.split(f'action="{path}"')[1].split("</form>", maxsplit=1)[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_a_page_that_was_opened_earlier_does_what_it_said_or_nothing():
    with world() as w:
        two = canary(w)
        operator = person(Role.OPERATOR)
        seen = page(operator, f"/releases/{two}")
        promote, back = (fields(seen, f"/releases/{two}/{verb}") for verb in ("promote", "rollback"))
        for _ in range(2):
            operator.post(f"/releases/{two}/promote", promote)
            w.drain()
        assert Release.objects.get(pk=two).share == 0.5
        w.until(two, "WATCH_10M")
        three = w.queue("1.2")
        w.until(three, "STEP")
        for _ in range(2):
            operator.post(f"/releases/{two}/rollback", back)
            w.drain()
        assert Release.objects.get(pk=three).state == "ROLLED_BACK"
        assert w.router.state.site("shop/production").split.old == Release.objects.get(version="1.0").pk
