"""Bringing back what died, and nothing else.  mission: SHIP-4"""

from typing import Any

import pytest
from django.db import transaction

from golive.ship.releases.workflows.tend import tend
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Replica
from tests.support.ship_world import pair, world

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "shop/production"


def test_what_is_let_go_at_this_moment_is_not_brought_back() -> None:
    with world() as w:
        one, two = pair(w)

        def slow(subject: Any, environment: str) -> tuple[Replica, ...]:
            """The machine is busy: before this release is looked at, another engine has let it go."""
            if (subject.id, environment) == (one, "production") and sites.site(SITE).old == one:
                with transaction.atomic():
                    traffic.set_split(site=SITE, old=two, new="", share=0.0, at=w.clock.now())
                w.target.stop(one, "production", grace_s=1)
                with transaction.atomic():
                    traffic.forget(site=SITE, release=one, at=w.clock.now())
            return w.target.boot(subject, environment)

        w.target.ensure = slow  # type: ignore[method-assign]
        tend()
        assert (one, "production") not in w.target.running
        assert list(sites.site(SITE).backends) == [two]


def test_one_place_that_cannot_be_tended_leaves_no_other_untended() -> None:
    with world() as w:
        one = w.ship("1.0")
        moved = (Replica("moved", "127.0.0.1", 45678),)

        def ensure(_subject: Any, environment: str) -> tuple[Replica, ...]:
            if environment == "production":
                raise OSError(28, "No space left on device")
            return moved

        w.target.ensure = ensure  # type: ignore[method-assign]
        tend()
        assert sites.site("shop/staging").backends[one] == moved
