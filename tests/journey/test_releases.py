"""Releases of real apps through a real edge: what users see, what golive decides, what people may do."""

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.load import Answer
from bench.stand import ENDED, QUICK, SERVING, Stand, kill
from golive.cli.client import Refused
from tests.support import notebook, wait_for
from tools.lab import Lab, scratch_lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SLOWLY = 'replicas = 2\nhold_back = 0\nsteps = [{{ share = 50, at_least = "{}s", at_most = "{}s" }}]\n'
CANARY, CAREFUL = SLOWLY.format(8, 12), SLOWLY.format(20, 40)
APPROVED = 'replicas = 1\nstrategy = "bluegreen"\napprovals = 1\n'
FAULTS = {"one in five": {"fail": 0.2}, "POST only": {"fail": 0.5, "method": "POST"}}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with scratch_lab("golive-releases-") as running:
        yield running


@pytest.fixture(scope="module")
def stands(lab: Lab) -> dict[str, Stand]:
    """Every service of this file with its first release serving; they start side by side."""
    wanted = {
        "shop": QUICK,
        "canary": CANARY,
        "twin": QUICK,
        "one-in-five": CAREFUL,
        "post-only": CAREFUL,
    }
    made = {name: Stand(lab, name, production) for name, production in wanted.items()}
    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(lambda stand: stand.open(), made.values()))
    return made


@dataclass
class BadRelease:
    """What came of a bad release, and what its users saw."""

    end: dict[str, Any]
    pulls: list[dict[str, Any]]
    answers: list[Answer]
    after: list[Answer]

    @property
    def failed(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.failed]


@pytest.fixture(scope="module", autouse=True)
def bad_releases(stands: dict[str, Stand]) -> Iterator[dict[str, Future[BadRelease]]]:
    """Ship each fault to users of its own, behind the other tests: a verdict takes its time."""

    def one(fault: str) -> BadRelease:
        stand = stands[fault.lower().replace(" ", "-")]
        with stand.users(rate=25) as users:
            wait_for(lambda: len(users.answers) > 250, what="a baseline", seconds=40)
            end = stand.wait(stand.deploy("v2", **FAULTS[fault]), *ENDED, seconds=180)
            mark = len(users.answers)
            wait_for(lambda: len(users.answers) > mark + 100, what="users after the end")
        record = stand.lab.client().get(f"/releases/{end['id']}/record")["entries"]
        pulls = [entry["facts"] for entry in record if entry["kind"] == "PULLED"]
        return BadRelease(end, pulls, users.answers, users.answers[mark:])

    with ThreadPoolExecutor(len(FAULTS)) as pool:
        yield {fault: pool.submit(one, fault) for fault in FAULTS}


def test_a_good_release_fails_nobody(stands):
    shop = stands["shop"]
    with shop.users(rate=60) as users:
        wait_for(lambda: len(users.answers) > 120, what="users")
        end = shop.ship("v2")
        mark = len(users.answers)
        wait_for(lambda: len(users.answers) > mark + 60, what="users on the new release")
    assert end["state"] in SERVING
    assert users.failed == []
    assert {answer.release for answer in users.answers[mark + 40 :]} == {"2"}
    assert {answer.method for answer in users.answers} == {"GET", "POST"}


def test_its_way_is_complete_and_its_record_holds(stands, lab):
    release = lab.client().get("/releases", service="shop")[0]
    page = lab.release(release["id"])
    passed = [station["state"] for station in page["rail"] if station["at"]]
    for state in (
        "QUEUED",
        "BUILT",
        "GATED",
        "STAGED",
        "VERIFIED",
        "APPROVED",
        "BACKED_UP",
        "MIGRATED",
        "BOOTED",
        "WARM",
        "STEP",
        "FULL",
    ):
        assert state in passed
    assert lab.client().get(f"/releases/{release['id']}/record")["holds"] is True
    assert lab.client().get(f"/releases/{release['id']}/replay")["same"] is True


def test_the_release_before_stays_warm_and_the_one_before_that_ends(stands, lab):
    shop = stands["shop"]
    second = lab.client().get("/releases", service="shop")[0]["id"]
    third = shop.ship("v3")
    assert len(shop.replicas(third["id"])) == 2
    assert len(shop.replicas(second)) == 2
    first = lab.client().get("/releases", service="shop")[2]["id"]
    wait_for(lambda: not shop.replicas(first), seconds=60, what="the oldest release to end")


def test_a_rollback_by_hand_needs_no_argument_and_may_be_asked_twice(stands, lab):
    shop, client = stands["shop"], lab.client()
    present = client.get("/sites", service="shop")[0]
    assert "takes over" in client.get("/services/shop/rollback")["sentence"]
    with shop.users(rate=40) as users:
        wait_for(lambda: len(users.answers) > 40, what="users")
        for _ in range(2):
            client.post("/services/shop/rollback")
        end = shop.wait(present["serving_id"], "ROLLED_BACK")
        mark = len(users.answers)
        wait_for(lambda: len(users.answers) > mark + 60, what="users on the old release")
    assert users.failed == []
    assert {answer.release for answer in users.answers[mark + 30 :]} == {"2"}
    assert "again already" in client.post("/services/shop/rollback")["sentence"]
    asked = [
        entry for entry in client.get(f"/releases/{end['id']}/record")["entries"] if entry["kind"] == "verb.rollback"
    ]
    assert len(asked) == 1
    assert shop.site()["serving"] == "2"


def test_maintenance_answers_503_to_all_but_the_allowed(stands, lab):
    shop, client = stands["shop"], lab.client()
    client.post("/services/shop/production/maintenance", {"on": True, "message": "Moving <house>"})
    url = f"http://127.0.0.1:{shop.port}/"
    closed = wait_for(lambda: (got := httpx.get(url)).status_code == 503 and got, what="the page")
    assert closed.headers["retry-after"] == "300"
    assert "Moving &lt;house&gt;" in closed.text
    client.post("/services/shop/production/maintenance", {"on": True, "allow": ["127.0.0.0/8"]})
    wait_for(lambda: httpx.get(url).status_code == 200, what="the allowed to get in")
    client.post("/services/shop/production/maintenance", {"on": False})
    wait_for(lambda: httpx.get(url).status_code == 200, what="the app")
    assert shop.site()["maintenance"] is False


def test_a_crash_at_start_never_reaches_users(stands, lab):
    shop = stands["shop"]
    with shop.users(rate=40) as users:
        end = shop.ship("crash", crash=True)
    assert end["state"] == "FAILED_BEFORE_TRAFFIC"
    assert "No module named 'cupons'" in end["sentence"]
    assert users.failed == []
    assert shop.replicas(end["id"]) == shop.replicas(end["id"], "staging") == []
    assert shop.site()["serving"] == "2"


def test_kill_9_of_the_canary_fails_no_get(stands):
    canary = stands["canary"]
    with canary.users(rate=40) as users:
        wait_for(lambda: len(users.answers) > 80, what="users")
        release = canary.deploy("v2")
        canary.wait(release, "STEP")
        mark = len(users.answers)
        wait_for(
            lambda: any(answer.release == "2" for answer in users.answers[mark:]),
            what="users on the canary",
        )
        for replica in canary.replicas(release):
            kill(replica.pid)
        end = canary.wait(release, *ENDED)
    assert [answer for answer in users.failed if answer.method == "GET"] == []
    assert len(users.failed) <= 3
    assert end["state"] in {*SERVING, "ROLLED_BACK", "ASKED", "HELD"}
    assert len(canary.replicas(release)) in {0, 2}


def test_two_deploys_at_once_go_one_after_the_other(stands, lab):
    twin = stands["twin"]
    tags = [twin.version("v2"), twin.version("v3")]
    with twin.users(rate=30) as users:
        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lambda tag: lab.deploy("twin", tag), tags)
        moving = {"BACKED_UP", "MIGRATED", "BOOTED", "WARM", "STEP", "FULL"}

        def both_ended() -> bool:
            states = [lab.release(one)["state"] for one in (first, second)]
            assert sum(state in moving for state in states) < 2
            return not moving & set(states) and all(state in ENDED for state in states)

        wait_for(both_ended, seconds=120, what="both releases to end")
    assert users.failed == []
    states = {lab.release(one)["state"] for one in (first, second)}
    assert states == {"SUPERSEDED", "WATCH_10M"}
    serving = twin.site()["serving_id"]
    assert lab.release(serving)["state"] == "WATCH_10M"


def test_a_second_person_approves_and_nobody_else(lab):
    stand = Stand(lab, "guarded", production=APPROVED)
    author = lab.person("lab@example.com", "The author", "approver")
    second = lab.person("second@example.com", "The second", "approver")
    operator = lab.person("operator@example.com", "The operator", "operator")
    stand.version("v1")
    lab.register(stand.repository.path)
    release = lab.deploy("guarded", "v1")
    asked = stand.wait(release, "AWAITING_APPROVAL")
    with pytest.raises(Refused, match="wrote a part of this release or sent it"):
        author.post(f"/releases/{release}/approve")
    with pytest.raises(Refused, match="wrote a part of this release or sent it"):
        lab.client().post(f"/releases/{release}/approve")
    with pytest.raises(Refused, match="needs the role approver"):
        operator.post(f"/releases/{release}/approve")
    with pytest.raises(Refused, match="has the digest"):
        second.post(f"/releases/{release}/approve", {"digest": "0" * 64})
    second.post(f"/releases/{release}/approve", {"digest": asked["digest"], "comment": "Looks <good>"})
    with pytest.raises(Refused, match="already"):
        second.post(f"/releases/{release}/approve")
    end = stand.wait(release, *SERVING)
    decision = end["approval"]["decisions"][0]
    assert (decision["person"], decision["comment"]) == ("second@example.com", "Looks <good>")


def test_an_approval_that_nobody_gives_expires(lab):
    stand = Stand(lab, "late", production=APPROVED + 'approvals_expire = "1s"\n')
    stand.version("v1")
    lab.register(stand.repository.path)
    release = lab.deploy("late", "v1")
    stand.wait(release, "EXPIRED")
    with pytest.raises(Refused, match=r"The time to approve .* ended"):
        lab.client().post(f"/releases/{release}/approve")
    assert not stand.replicas(release)


def test_data_is_kept_and_workers_run_of_one_release_only(lab):
    stand = Stand(lab, "notebook", production="replicas = 2\nhold_back = 0\n")
    root = stand.repository.path
    shutil.copy(notebook.__file__, root / "notebook.py")
    python = shlex.quote(sys.executable)
    (root / "golive.toml").write_text(
        'service = "notebook"\nkeep = ["data/"]\n'
        f"[processes.web]\ncommand = {json.dumps(f'{python} notebook.py web')}\n"
        f"[processes.worker]\ncommand = {json.dumps(f'{python} notebook.py worker')}\n"
        "[environments.production]\n"
        f'port = {stand.port}\nreplicas = 2\nstrategy = "bluegreen"\nhold_back = 0\n'
    )
    url = f"http://127.0.0.1:{stand.port}/"
    stand.open()
    assert httpx.post(url, content="by version 1").status_code == 200
    beats = _kept(lab, "beats.txt")
    wait_for(lambda: beats.exists() and beats.read_text().endswith("1\n"), what="the worker")
    end = stand.ship("v2")
    assert end["state"] in SERVING
    answer = wait_for(lambda: (got := httpx.get(url)).headers["x-release"] == "2" and got, what="version 2")
    assert answer.text == "by version 1\n"
    wait_for(lambda: beats.read_text().endswith("2\n"), what="the new worker")
    old = lab.client().get("/releases", service="notebook")[1]["id"]
    wait_for(
        lambda: [one.labels["process"] for one in stand.replicas(old)] == ["web", "web"],
        what="the old worker to end while its web replicas stay warm",
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_release_is_pulled_and_rolled_back_by_itself(bad_releases, fault):
    outcome = bad_releases[fault].result()
    assert outcome.end["state"] == "ROLLED_BACK"
    assert outcome.end["facts"]["automatic"] is True
    # The second pull, of a release that was resumed, waits until it can be proved: for ten failed units at most.
    assert outcome.pulls
    assert all(pull["failed_units"] <= 15 for pull in outcome.pulls)
    assert len(outcome.failed) <= 0.05 * len(outcome.answers)
    assert {answer.release for answer in outcome.failed} == {"2"}
    assert [answer for answer in outcome.after[20:] if answer.failed] == []
    assert {answer.release for answer in outcome.after[20:]} == {"1"}


def test_what_was_settled_long_ago_and_cannot_start_any_more_pages_people_until_it_serves_again(lab):
    stand = Stand(lab, "old", production=QUICK + 'watch = ["1s", "2s", "3s"]\n').open()
    (release,) = lab.client().get("/releases", service="old")
    stand.wait(release["id"], "SETTLED")
    behaviour = lab.home / "run" / "sites" / f"{release['id']}-production" / "app" / "behaviour.json"
    behaves = behaviour.read_text()
    behaviour.chmod(0o600)
    behaviour.write_text('{"crash": true}')  # such as a disk or a certificate that went bad
    for replica in stand.replicas(release["id"]):
        kill(replica.pid)

    def incident() -> dict[str, Any]:
        return next((one for one in lab.client().get("/incidents") if one["service"] == "old"), {})

    opened = wait_for(incident, seconds=90, what="the incident")
    assert (opened["severity"], opened["release"]) == ("SEV1", release["id"])
    assert opened["title"] == "old 1 is down in production"
    behaviour.write_text(behaves)
    wait_for(lambda: incident()["state"] == "MITIGATED", seconds=120, what="the end of the outage")
    assert httpx.get(f"http://127.0.0.1:{stand.port}/").status_code == 200


def _kept(lab: Lab, name: str) -> Path:
    return lab.home / "data" / "notebook" / "production" / "data" / name
