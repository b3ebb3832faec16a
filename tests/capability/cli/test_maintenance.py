"""`golive maintenance`: who still gets in, and when the others may come again."""

import pytest

from golive.kernel import clock
from golive.ship.services import operations as services
from golive.ship.traffic import operations as traffic
from golive.ship.traffic import queries as sites
from golive.ship.traffic.domain import Replica
from tests.support.ship_world import OPERATOR

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "shop/production"


@pytest.fixture
def shop(served):
    """The command line where one service serves."""
    text = 'service = "shop"\n[processes.web]\ncommand = "serve"\n'
    services.register(by=OPERATOR, manifest_text=text, repository="/srv/shop")
    now = clock.now()
    traffic.open_site(service="shop", environment="production", port=8080, at=now)
    traffic.set_backend(site=SITE, release="rel_1", replicas=[Replica("rel_1-1", "127.0.0.1", 9000)], at=now)
    traffic.set_split(site=SITE, old="rel_1", new="", share=0.0, at=now)
    return served


def test_those_who_are_named_get_in_and_all_others_learn_when_to_come_again(shop):
    named = ("--allow", "203.0.113.7", "--allow", "10.0.0.0/8", "--retry-after", "1h30m")
    assert shop("maintenance", "on", "-s", "shop", *named).code == 0
    closed = sites.site(SITE).maintenance
    assert (closed["allow"], closed["retry_after_s"]) == (["203.0.113.7", "10.0.0.0/8"], 5400)
    assert shop("maintenance", "off", "-s", "shop").code == 0
    assert sites.site(SITE).maintenance is None


def test_without_them_nobody_gets_in(shop):
    assert shop("maintenance", "on", "-s", "shop").code == 0
    closed = sites.site(SITE).maintenance
    assert (closed["allow"], closed["retry_after_s"]) == ([], 300)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--allow", "the office"), "203.0.113.0/24"),
        (("--allow", "2001:db8::/32"), "single IPv6 addresses"),
        (("--retry-after", "soon"), "is no duration"),
        (("--retry-after", "2d"), "at most a day"),
        (("--retry-after", "500ms"), "at least a second"),
    ],
)
def test_what_no_edge_could_take_is_refused_in_words(shop, wrong, words):
    said = shop("maintenance", "on", "-s", "shop", *wrong)
    assert said.code == 2
    assert words in " ".join(said.err.split())
    assert sites.site(SITE).maintenance is None
