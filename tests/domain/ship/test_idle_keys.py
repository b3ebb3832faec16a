"""What golive.toml says in vain is refused in new files, and read in those that are kept."""

import tomllib
from pathlib import Path

import pytest

from golive.kernel.config import ConfigInvalid, parse_toml
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import Manifest

SMALL = 'service = "shop"\n[processes.web]\ncommand = "serve"\n'
WORKER = 'service = "shop"\n[processes.mail]\ncommand = "send"\n'
GATE = SMALL + "[[gates]]\nname = 'a'\ncommand = 'x'\n"
STAGING, PRODUCTION = "[environments.staging]\n", "[environments.production]\n"
OWN_FILES = ("demo/golive.toml", "examples/farmersmarket/golive.toml")


def errors(text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as invalid:
        parse_toml(Manifest, text, "golive.toml", also=idle_keys)
    return invalid.value.facts["errors"]


IDLE = [
    (SMALL + STAGING + "approvals = 2\n", "5: environments.staging.approvals", "[environments.production]"),
    (SMALL + STAGING + 'approvals_expire = "1h"\n', "5: environments.staging.approvals_expire", "production"),
    (SMALL + STAGING + "author_may_approve = true\n", "5: environments.staging.author_may_approve", "production"),
    (SMALL + STAGING + 'strategy = "bluegreen"\n', "5: environments.staging.strategy", "production"),
    (SMALL + STAGING + "steps = [{share = 50}]\n", "5: environments.staging.steps", "production"),
    (SMALL + STAGING + 'on_inconclusive = "ask"\n', "5: environments.staging.on_inconclusive", "production"),
    (SMALL + STAGING + "hold_back = 5\n", "5: environments.staging.hold_back", "production"),
    (SMALL + STAGING + 'watch = ["1m", "2m", "3m"]\n', "5: environments.staging.watch", "production"),
    (SMALL + PRODUCTION + "verify = ['true']\n", "5: environments.production.verify", "[environments.staging]"),
    (
        SMALL + PRODUCTION + "author_may_approve = true\n",
        "5: environments.production.author_may_approve",
        "`approvals = 1`",
    ),
    (
        SMALL + PRODUCTION + 'approvals_expire = "1h"\n',
        "5: environments.production.approvals_expire",
        "`approvals = 1`",
    ),
    (
        SMALL + PRODUCTION + 'steps = [{share = 5}]\nstrategy = "bluegreen"\n',
        "5: environments.production.steps",
        "canary",
    ),
    (SMALL + PRODUCTION + 'strategy = "bluegreen"\nhold_back = 5\n', "6: environments.production.hold_back", "canary"),
    (SMALL + PRODUCTION + 'steps = [{share = 100, at_least = "9m"}]\n', "5: environments.production.steps", "`watch`"),
    (SMALL + "[environments.prod]\napprovals = 2\n", "5: environments.prod.approvals", "[environments.production]"),
    (SMALL + "[environments.qa]\nenv = {A = '1'}\n", "5: environments.qa.env", "no release goes to qa"),
    (GATE + "reads = {audit = 'a.json', minimum = 90}\n", "7: gates.0.reads.minimum", "`coverage`"),
    (GATE + "reads = {coverage = 'c.xml', severity = 'low'}\n", "7: gates.0.reads.severity", "`audit`"),
    (SMALL + "[database]\nmigrate = 'x'\nkeep_backups = 3\n", "6: database.keep_backups", "`sqlite` or `url`"),
    (SMALL + "[database]\nmigrate = 'x'\nbackup = true\n", "6: database.backup", "`sqlite` or `url`"),
    (SMALL + "[database]\nurl = 'DB'\ntimeout = '1h'\n", "6: database.timeout", "`migrate`"),
    (SMALL + "[build]\ntimeout = '1h'\n", "5: build.timeout", "`commands`"),
    (SMALL + "[build]\nenv = {A = '1'}\n", "5: build.env", "`commands`"),
    (WORKER, "2: processes", "none of mail is `web`"),
    (
        WORKER + "[health]\nready = '/'\n" + STAGING + "replicas = 2\n",
        "2: processes",
        "name one of them so, or add one",
    ),
]


@pytest.mark.parametrize(("text", "place", "fix"), IDLE)
def test_a_key_that_does_nothing_is_refused_with_its_line_and_the_fix(text, place, fix):
    [error] = errors(text)
    assert error.startswith(f"golive.toml:{place}: ")
    assert fix in error


@pytest.mark.parametrize(("text", "place", "fix"), IDLE)
def test_what_was_stored_with_such_a_key_is_read_as_before(text, place, fix):
    assert parse_toml(Manifest, text, "golive.toml").service == "shop"


def test_all_that_do_nothing_are_told_at_once():
    assert len(errors(SMALL + STAGING + "approvals = 1\nhold_back = 1\n" + PRODUCTION + "verify = ['x']\n")) == 3


@pytest.mark.parametrize(
    "text",
    [
        SMALL + STAGING + "approvals = 0\nhold_back = 0\n",
        SMALL + PRODUCTION + "approvals = 0\nauthor_may_approve = true\n",
        SMALL + PRODUCTION + 'strategy = "bluegreen"\nhold_back = 0\non_inconclusive = "ask"\n',
        SMALL + PRODUCTION + 'steps = [{share = 20, at_least = "1m"}, {share = 100}]\n',
        SMALL
        + STAGING
        + "port = 81\nreplicas = 2\nmax_body = 1\nprobes = ['/']\nslo = {errors = 2}\nverify = ['true']\n",
        SMALL + "[environments.qa]\nport = 82\ndomains = ['qa.example.com']\n",
        SMALL + "[database]\nurl = 'DB'\nbackup = false\n[environments.qa]\nsecret = ['DB']\n",
        SMALL + "[notify]\npeople = ['ada@example.com']\non = []\n",
        WORKER + "replicas = 2\n[processes.web]\ncommand = 'serve'\n",
    ],
)
def test_what_counts_or_says_what_holds_anyway_stays_allowed(text):
    parse_toml(Manifest, text, "golive.toml", also=idle_keys)


@pytest.mark.parametrize("path", OWN_FILES)
def test_the_own_files_do_without(path):
    text = (Path(__file__).parents[3] / path).read_text()
    assert parse_toml(Manifest, text, path, also=idle_keys).service == tomllib.loads(text)["service"]
