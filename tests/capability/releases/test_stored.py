"""Releases that were taken by an older golive, with keys in golive.toml that a new one would be refused for."""

import pytest

from golive.ship.releases import operations
from golive.ship.services.models import Service
from tests.support.ship_world import MANIFEST, OPERATOR, world

pytestmark = pytest.mark.django_db(transaction=True)
OLD = MANIFEST.replace("[environments.production]", "[environments.staging]\napprovals = 2\n[environments.production]")


def test_a_release_with_keys_that_do_nothing_goes_on_and_is_gone_back_to() -> None:
    with world() as w:
        Service.objects.update(manifest_text=OLD)
        w.manifest = OLD
        first, second = w.ship("1.0"), w.ship("1.1")
        operations.rollback(by=OPERATOR, service="shop")
        w.until(second, "ROLLED_BACK")
        site = w.router.state.site("shop/production")
        assert site is not None
        assert site.split is not None
        assert site.split.old == first
