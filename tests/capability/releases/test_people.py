"""What people decide: approvals, verbs, two deploys at once, rollbacks.  mission: SHIP-3, SHIP-6"""

import re
from typing import Any

import pytest

from golive.kernel.access.roles import Actor, Forbidden, Role
from golive.kernel.events import subscribe
from golive.kernel.problems import Invalid, Problem
from golive.ship.approvals.operations import (
    ApprovalExpired,
    DecidedAlready,
    DigestChanged,
    OwnRelease,
)
from golive.ship.commands.domain import Stopped
from golive.ship.releases import operations, queries
from golive.ship.releases.events import ReleaseAsked, ReleaseFailed
from golive.ship.releases.ports import Check
from golive.ship.services import operations as services
from golive.ship.services.models import Environment
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Split
from tests.support.ship_world import APPROVER, MANIFEST, OPERATOR, PATIENT, World, canary, pair, world

pytestmark = pytest.mark.django_db(transaction=True)

APPROVED = MANIFEST.replace(
    "[environments.production]", '[environments.production]\napprovals = 2\napprovals_expire = "1h"'
)
BORIS = Actor("person", "3", "Boris", Role.APPROVER, "boris@example.org")
MIRA = Actor("person", "4", "Mira", Role.APPROVER, "mira@example.org")
OTTO = Actor("person", "6", "Otto", Role.OPERATOR, "otto@example.org")
VIEWER = Actor("person", "5", "Vera", Role.VIEWER, "vera@example.org")
heard: list[Any] = []


@subscribe(ReleaseAsked, ReleaseFailed)
def hear(news: Any, at: Any) -> None:
    heard.append(news)


def split(w: World) -> Split:
    site = w.router.state.site("shop/production")
    assert site is not None
    assert site.split is not None
    return site.split


class TestApproval:
    def test_two_people_who_did_not_write_it_approve(self) -> None:
        with world(APPROVED) as w:
            one = w.queue("1.0", author=MIRA.email)
            w.until(one, "AWAITING_APPROVAL")
            page = queries.page(one)
            assert page.approval is not None
            assert page.approval.digest == page.release.digest
            assert page.approval.evidence["gates"][0]["state"] == "PASS"
            with pytest.raises(OwnRelease):
                operations.approve(by=MIRA, release=one)
            with pytest.raises(OwnRelease):
                operations.approve(by=OPERATOR, release=one)
            with pytest.raises(Forbidden):
                operations.approve(by=VIEWER, release=one)
            with pytest.raises(DigestChanged):
                operations.approve(by=APPROVER, release=one, digest="f00d")
            operations.approve(by=APPROVER, release=one, comment="read the diff")
            with pytest.raises(DecidedAlready):
                operations.approve(by=APPROVER, release=one)
            w.drain()
            assert w.state(one) == "AWAITING_APPROVAL"
            operations.approve(by=BORIS, release=one)
            w.until(one, "WATCH_10M")
            assert w.release(one).facts["approved_by"] == [APPROVER.email, BORIS.email]
            assert "proved_again" not in w.release(one).facts, "nothing had expired"

    def test_nobody_approves_a_release_with_an_earlier_commit_of_theirs(self) -> None:
        with world(APPROVED) as w:
            one = w.queue("1.0", author=MIRA.email)
            w.until(one, "AWAITING_APPROVAL")
            for person in (APPROVER, BORIS):
                operations.approve(by=person, release=one)
            w.until(one, "WATCH_10M")
            w.commits.since = {w.release(one).revision: [BORIS.email, MIRA.email]}
            two = w.queue("1.1", author=OTTO.email)  # an empty commit on top of what Boris wrote
            w.until(two, "AWAITING_APPROVAL")
            for person in (BORIS, MIRA, OPERATOR):
                with pytest.raises(OwnRelease, match="wrote a part of this release or sent it"):
                    operations.approve(by=person, release=two)
            operations.approve(by=APPROVER, release=two)

    def test_a_no_ends_it(self) -> None:
        with world(APPROVED) as w:
            one = w.queue("1.0")
            w.until(one, "AWAITING_APPROVAL")
            operations.reject(by=APPROVER, release=one, comment="locks orders")
            w.drain()
            assert w.state(one) == "REJECTED"
            assert "locks orders" in w.release(one).sentence

    def test_after_its_time_nobody_can_approve(self) -> None:
        with world(APPROVED) as w:
            one = w.queue("1.0")
            w.until(one, "AWAITING_APPROVAL")
            w.wait(hours=1, seconds=1)
            assert w.state(one) == "EXPIRED"
            with pytest.raises(ApprovalExpired):
                operations.approve(by=APPROVER, release=one)

    def test_waiting_blocks_nobody(self) -> None:
        with world(APPROVED) as w:
            one, two = w.queue("1.0"), w.queue("1.1")
            w.until(one, "AWAITING_APPROVAL")
            w.until(two, "AWAITING_APPROVAL")
            for person in (APPROVER, BORIS):
                operations.approve(by=person, release=two)
            w.until(two, "WATCH_10M")
            assert w.state(one) == "AWAITING_APPROVAL"
            for person in (APPROVER, BORIS):
                operations.approve(by=person, release=one)
            w.until(one, "BACKED_UP", "MIGRATED", "BOOTED", "WARM", "STEP")
            entry = next(e for e in queries.record(one) if e.kind == "BACKED_UP")
            assert "1.1 was asked for later and serves already" in entry.facts["sentence"]

    def test_what_is_no_proof_any_more_when_people_have_approved_is_proved_anew_before_production(self) -> None:
        with world(APPROVED) as w:
            one, two = w.queue("1.0"), w.queue("1.1")
            for release in (one, two):
                w.until(release, "AWAITING_APPROVAL")
            w.target.gates_pass = False  # an advisory came out meanwhile
            backups = w.target.count("back up production")
            for person in (APPROVER, BORIS):
                operations.approve(by=person, release=one)
            w.until(one, "FAILED_BEFORE_TRAFFIC")
            row = w.release(one)
            assert (row.reason, row.facts["failed_in"]) == ("gates", "APPROVED")
            assert "unit: exit code 1" in row.sentence
            assert (w.target.count("back up production"), sites.site("shop/production").serving) == (backups, "")
            w.target.gates_pass, w.target.gate_seconds = True, 2.0
            for person in (APPROVER, BORIS):
                operations.approve(by=person, release=two)
            w.until(two, "WATCH_10M")
            entry = next(e for e in queries.record(two) if e.kind == "BACKED_UP")
            assert entry.facts["proved_again"] == ["unit"]
            assert entry.facts["sentence"].startswith("Passed again, for the proof had expired: unit.")

    def test_a_release_is_cancelled_while_it_is_proved_anew(self) -> None:
        with world(APPROVED) as w:
            one = w.queue("1.0")
            w.until(one, "AWAITING_APPROVAL")
            for person in (APPROVER, BORIS):
                operations.approve(by=person, release=one)

            def cancelled(*_: object) -> None:
                operations.cancel(by=OPERATOR, release=one)
                raise Stopped("cancelled")

            w.target.prove = cancelled  # type: ignore[method-assign,assignment]
            w.drain()
            assert (w.state(one), w.target.count("back up production")) == ("CANCELLED", 0)


class TestBeforeTraffic:
    @pytest.mark.parametrize(
        "call",
        ["build", "back up staging", "boot staging", "back up production", "migrate production", "boot production"],
    )
    def test_what_fails_before_users_see_it_ends_there(self, call: str) -> None:
        with world() as w:
            one = w.ship("1.0")
            w.target.fails = {call: Problem("It did not work.", tail="last words")}
            two = w.queue("1.1")
            w.until(two, "FAILED_BEFORE_TRAFFIC")
            row = w.release(two)
            assert row.sentence == "It did not work."
            assert row.facts["problem"]["tail"] == "last words"
            assert heard[-1].kind == ReleaseFailed.kind
            w.target.fails = {}
            assert split(w) == Split.only(one)
            three = w.queue("1.2")
            w.until(three, "STEP")

    @pytest.mark.parametrize("place", ["staging", "production"])
    def test_no_data_is_migrated_that_was_not_backed_up(self, place: str) -> None:
        with world() as w:
            one, call = w.ship("1.0"), f"back up {place}"
            calls = w.target.calls
            assert calls.index(call) < calls.index(f"migrate {place}")
            kept = w.release(one).facts
            assert (kept["staging"]["backup"] if place == "staging" else kept["backup"]) == {"backup": "before 1.0"}
            w.target.fails = {call: Problem("There is no room for a backup.")}
            calls.clear()
            w.until(w.queue("1.1"), "FAILED_BEFORE_TRAFFIC")
            assert f"migrate {place}" not in calls

    def test_gates_and_verification_that_fail_stop_it(self) -> None:
        with world() as w:
            w.target.gates_pass = False
            one = w.queue("1.0")
            w.until(one, "FAILED_BEFORE_TRAFFIC")
            assert "unit: exit code 1" in w.release(one).sentence
            w.target.gates_pass = True
            w.target.checks = (Check("smoke", passed=False, detail="exit code 1"),)
            two = w.queue("1.1")
            w.until(two, "FAILED_BEFORE_TRAFFIC")
            assert "smoke: exit code 1" in w.release(two).sentence

    def test_a_fault_of_golive_itself_is_tried_again_and_then_given_up(self) -> None:
        with world() as w:
            w.target.fails = {"build": RuntimeError("disk")}  # type: ignore[dict-item]
            one = w.queue("1.0")
            w.run(lambda: w.state(one) == "FAILED_BEFORE_TRAFFIC", seconds=200)
            assert w.target.count("build") == 5

    def test_it_can_be_cancelled(self) -> None:
        with world(APPROVED) as w:
            one = w.queue("1.0")
            w.until(one, "AWAITING_APPROVAL")
            operations.cancel(by=OPERATOR, release=one)
            operations.cancel(by=OPERATOR, release=one)
            w.drain()
            assert w.state(one) == "CANCELLED"
            operations.cancel(by=OPERATOR, release=one)
            with pytest.raises(operations.NotNow):
                operations.pull(by=OPERATOR, release=one)

    def test_two_deploys_at_once_go_one_after_the_other(self) -> None:
        with world() as w:
            w.ship("1.0")
            w.run(lambda: w.number > 600)
            two, three = w.queue("1.1"), w.queue("1.2")
            w.until(two, "STEP")
            assert w.state(three) == "APPROVED"
            assert "1.1 is on its way" in w.release(three).waits_for
            w.until(three, "WATCH_10M")
            assert w.state(two) == "SUPERSEDED"
            assert w.release(three).replaced == two


class TestVerbs:
    def test_hold_promote_resume(self) -> None:
        with world() as w:
            _one, two = canary(w)
            operations.hold(by=OPERATOR, release=two)
            operations.hold(by=OPERATOR, release=two)
            for _ in range(25):
                w.second()
            assert (w.state(two), w.release(two).step) == ("STEP", 0)
            operations.resume(by=OPERATOR, release=two)
            w.drain()
            assert w.release(two).step == 1
            operations.promote(by=OPERATOR, release=two)
            w.drain()
            assert w.state(two) in ("FULL", "WATCH_10M")

    def test_a_word_that_brings_users_to_safety_is_not_replaced_by_one_that_does_not(self) -> None:
        with world() as w:
            one, two = pair(w)
            three = w.queue("1.2")
            w.until(three, "STEP")
            operations.rollback(by=OPERATOR, service="shop")
            for verb in (operations.hold, operations.promote):
                with pytest.raises(operations.NotNow, match="rollback"):
                    verb(by=OTTO, release=three)
            w.drain()
            assert w.state(three) == "ROLLED_BACK"
            assert split(w) == Split.only(two)
            operations.rollback(by=OPERATOR, service="shop", to=one)
            w.drain()
            operations.rollback(by=OPERATOR, service="shop", to=one)
            assert split(w) == Split.only(one)

    def test_what_the_judge_allowed_at_one_step_counts_at_no_other(self) -> None:
        with world(PATIENT) as w:
            _one, two = canary(w)
            operations.hold(by=OPERATOR, release=two)
            w.run(lambda: bool(w.release(two).facts.get("may_advance")), seconds=90, what="the judge's word")
            operations.promote(by=OPERATOR, release=two)
            w.drain()
            operations.hold(by=OPERATOR, release=two)
            w.drain()
            operations.resume(by=OPERATOR, release=two)
            w.drain()
            assert (w.state(two), w.release(two).share) == ("STEP", 0.5)

    def test_a_promotion_is_of_the_step_that_was_seen(self) -> None:
        with world() as w:
            _one, two = canary(w)
            for _ in range(2):
                operations.promote(by=OPERATOR, release=two, step=0)
                w.drain()
            assert w.release(two).share == 0.5
            operations.promote(by=OPERATOR, release=two)
            w.run(lambda: w.release(two).share > 0.5, seconds=20)
            seen = len(queries.record(two))
            operations.promote(by=OPERATOR, release=two, step=1)
            w.drain()
            assert len(queries.record(two)) == seen
            with pytest.raises(operations.NotNow):
                operations.promote(by=OPERATOR, release=two, step=0)

    def test_a_pull_by_hand_is_immediate_and_stays_until_a_person_resumes(self) -> None:
        with world() as w:
            one, two = canary(w)
            operations.pull(by=OPERATOR, release=two)
            w.drain()
            assert split(w) == Split(new=two, old=one, share=0.0)
            for _ in range(60):
                w.second()
            assert w.state(two) == "PULLED"
            operations.pull(by=OPERATOR, release=two)
            boots = w.target.count("boot production")
            operations.resume(by=OPERATOR, release=two)
            w.until(two, "STEP")
            assert w.target.count("boot production") == boots + 1
            assert split(w).share == 0.1
            w.until(two, "WATCH_10M")

    def test_rollback_needs_no_argument_and_once_is_enough(self) -> None:
        with world() as w:
            one, two = pair(w)
            plan = operations.plan_rollback(service="shop")
            assert (plan.target, plan.warm) == (one, True)
            operations.rollback(by=OPERATOR, service="shop")
            operations.rollback(by=OPERATOR, service="shop")
            w.drain()
            assert w.state(two) == "ROLLED_BACK"
            assert split(w) == Split.only(one)
            assert w.state(one) == "WATCH_10M"
            w.run(lambda: (two, "production") not in w.target.running, seconds=60)
            operations.rollback(by=OPERATOR, service="shop")
            w.drain()
            assert split(w) == Split.only(one)
            assert w.target.workers["production"] == one

    def test_late_rollback_boots_the_old_release_first(self) -> None:
        with world() as w:
            one, two = pair(w)
            w.wait(minutes=11)
            w.wait(hours=1)
            w.run(lambda: (one, "production") not in w.target.running, seconds=60)
            w.wait(hours=24)
            assert w.state(two) == "SETTLED"
            plan = operations.plan_rollback(service="shop")
            assert not plan.warm
            assert "after it has started" in plan.sentence
            operations.rollback(by=OPERATOR, service="shop")
            w.drain()
            assert split(w) == Split.only(one)
            assert (one, "production") in w.target.running
            w.run(lambda: (two, "production") not in w.target.running, seconds=60)

    def test_a_target_that_does_not_start_leaves_users_where_they_are_and_asks(self) -> None:
        with world() as w:
            one, two = pair(w)
            w.wait(minutes=11)
            w.wait(hours=1)
            w.run(lambda: (one, "production") not in w.target.running, seconds=60)
            w.target.fails = {"boot production": Problem("Its port is taken.")}
            operations.rollback(by=OPERATOR, service="shop")
            w.drain()
            assert w.state(two) == "WATCH_24H"
            assert sites.site("shop/production").serving == two
            assert "does not start" in heard[-1].sentence

    def test_to_any_kept_release_but_not_to_one_with_a_verdict_against_it(self) -> None:
        with world() as w:
            one, two = pair(w)
            operations.rollback(by=OPERATOR, service="shop")
            w.run(lambda: (two, "production") not in w.target.running, seconds=60)
            three = w.ship("1.2")
            with pytest.raises(operations.NoTarget):
                operations.rollback(by=OPERATOR, service="shop", to=two)
            operations.rollback(by=OPERATOR, service="shop", to=one)
            w.drain()
            assert split(w) == Split.only(one)
            assert w.state(three) == "ROLLED_BACK"

    def test_the_first_release_is_never_pulled_to_nothing(self) -> None:
        with world() as w:
            one = w.ship("1.0")
            with pytest.raises(operations.NoTarget):
                operations.rollback(by=OPERATOR, service="shop")
            with pytest.raises(operations.NotNow):
                operations.pull(by=OPERATOR, release=one)
            heard.clear()
            for _ in range(30):
                w.second()
            w.broken = lambda *_: True
            w.run(lambda: bool(heard), seconds=120, what="a question")
            assert split(w) == Split.only(one)
            assert w.state(one).startswith("WATCH")
            assert heard[0].facts["serving"]

    def test_maintenance_is_a_page_and_an_end(self) -> None:
        with world() as w:
            w.ship("1.0")
            operations.maintenance(by=OPERATOR, service="shop", on=True, message="Back at nine.", allow=("10.0.0.1",))
            site = w.router.state.site("shop/production")
            assert site is not None
            assert site.maintenance is not None
            assert site.maintenance.message == "Back at nine."
            operations.maintenance(by=OPERATOR, service="shop", on=False)
            assert w.router.state.site("shop/production").maintenance is None
            for wrong in ("office", "10.0.0.0/33", "2001:db8::/32"):
                with pytest.raises(Invalid, match=r"allow: .*" + re.escape(wrong)):
                    operations.maintenance(by=OPERATOR, service="shop", on=True, allow=(wrong,))
            assert w.router.state.site("shop/production").maintenance is None
            with pytest.raises(Forbidden):
                operations.maintenance(by=VIEWER, service="shop", on=True)


def test_a_rollback_to_a_release_whose_name_another_site_has_meanwhile_keeps_the_present_name() -> None:
    def named(manifest: str, name: str) -> str:
        return manifest.replace("probes", f'port = 18081\ndomains = ["{name}"]\nprobes')

    with world(named(MANIFEST, "one.example")) as w:
        one = w.ship("1.0")
        w.manifest = named(MANIFEST, "two.example")
        services.register(by=OPERATOR, manifest_text=w.manifest, repository="/srv/shop")
        two = w.ship("1.1")
        w.service, w.manifest = "other", named(MANIFEST.replace('"shop"', '"other"'), "one.example")
        services.register(by=OPERATOR, manifest_text=w.manifest, repository="/srv/other")
        other = w.ship("1.0")
        operations.rollback(by=OPERATOR, service="shop")
        w.until(two, "ROLLED_BACK")
        said = w.release(two).sentence
        assert "1.0 serves, by the edge's settings of 1.1, for its own cannot come back" in said
        assert "two sites share a port and a domain" in said
        back, beside = w.router.state.site("shop/production"), w.router.state.site("other/production")
        assert back is not None
        assert beside is not None
        assert (back.split, back.domains) == (Split.only(one), ("two.example",))
        assert (beside.split, beside.domains) == (Split.only(other), ("one.example",))


def test_a_release_whose_site_would_claim_anothers_name_fails_before_users_see_it() -> None:
    with world() as w:
        one = w.ship("1.0")
        other = MANIFEST.replace('service = "shop"', 'service = "other"')
        services.register(
            by=OPERATOR,
            manifest_text=other.replace("probes", "port = 18081\nprobes"),
            repository="/srv/other",
        )
        w.service, w.manifest = "other", other
        Environment.objects.filter(service__name="other", name="production").update(
            port=sites.site("shop/production").port
        )
        two = w.queue("2.0")
        w.until(two, "FAILED_BEFORE_TRAFFIC")
        assert "contradict each other" in w.release(two).sentence
        assert split(w) == Split.only(one)
        w.second()
        assert sites.site("other/production").lock == ""
