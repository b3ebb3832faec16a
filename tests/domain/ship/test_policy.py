"""What a golive.toml means to the edge, and which of its keys changed."""

from golive.kernel.config import parse_toml
from golive.ship.releases.domain.policy import changed_keys, policy
from golive.ship.services.domain.manifest import Manifest

SHOP = 'service = "shop"\n[processes.web]\ncommand = "serve"\n[environments.production]\n'


def edge(keys=""):
    return policy(parse_toml(Manifest, SHOP + keys, "golive.toml"), "production").edge


def test_only_keys_that_the_owner_changed_are_named():
    assert changed_keys(edge(), edge('timeout = "70s"\nper_try_timeout = "15s"')) == ("timeout",)
    assert changed_keys({}, edge('csp = "default-src"')) == ("csp",)


def test_what_an_older_golive_did_not_write_down_was_the_default():
    before = {key: value for key, value in edge().items() if key != "try_timeout_s"}
    assert changed_keys(before, edge('per_try_timeout = "5s"')) == ("per_try_timeout",)
    assert changed_keys(before, edge("max_body = 1")) == ("max_body",)
