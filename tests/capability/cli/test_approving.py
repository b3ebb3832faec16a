"""What a person's word on a release is answered with."""

import pytest

from golive.kernel.access.roles import Actor, Role
from golive.ship.releases import operations
from tests.support.ship_world import APPROVER, MANIFEST, world

pytestmark = pytest.mark.django_db(transaction=True)
OLAF = Actor("person", "9", "Olaf", Role.APPROVER, "olaf@example.org")


def manifest(people: int) -> str:
    return MANIFEST.replace("[environments.production]", f"[environments.production]\napprovals = {people}")


def test_an_approval_says_what_comes_next_and_how_many_more_have_to_give_theirs(served):
    with world(manifest(3)) as w:
        one = w.queue("1.0", author="otto@example.org")
        w.until(one, "AWAITING_APPROVAL")
        said = served("approve", "1.0")
        assert (said.code, said.out.strip()) == (0, "Mira approved it; 2 more people have to approve it.")
        operations.approve(by=APPROVER, release=one)
        assert "Ada approved it; one more person has to approve it." in served("status").out
        operations.approve(by=OLAF, release=one)
        assert "Olaf approved it, so it goes to production as soon as its turn comes." in served("show", "1.0").out
        w.until(one, "APPROVED", "BACKED_UP", "MIGRATED", "BOOTED", "WARM", "WATCH_10M")
        assert "as soon as its turn comes" not in w.release(one).waits_for


def test_a_no_says_that_it_ends(served):
    with world(manifest(1)) as w:
        one = w.queue("1.0", author="otto@example.org")
        w.until(one, "AWAITING_APPROVAL")
        said = served("reject", "1.0", "-m", "locks orders")
        assert (said.code, said.out.strip()) == (0, "Mira said no, so it ends.")
        w.until(one, "REJECTED")
