"""The demo, step by step; each step waits for what golive does by itself and says what it waits for."""

import subprocess
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from demo.facts import ReleaseFacts, Step, flawless
from demo.pipeline import Pipeline
from demo.receivers import MailServer, PaymentProvider, Received, WebServer, webhook
from demo.shop import VERSIONS, Shoppers, make_repository
from demo.telling import Chapter, News, Say, tell
from golive.cli.client import Client
from golive.kernel.problems import Problem
from golive.ship.releases.domain.states import CLOSED, SERVES_ALL
from tools.lab import Lab, until

ENDED = CLOSED - SERVES_ALL
ON_CALL = "ada@example.com"
BUILT = 1800.0  # seconds for a build with gates and staging; the first one downloads the market's wheels
DONE = 600.0  # for what golive does by itself afterwards: a busy machine is no broken promise
DELIVERED = 60.0
# Trouble that begins with a step is the release's to explain; this one must begin after its `at_least`.
PAST_THE_STEP = 10.0


class Story:
    """Everything that the demo starts, and the facts that it collects."""

    def __init__(self, directory: Path, say: Say, *, port: int, edge_port: int, status_port: int) -> None:
        self._say = say
        self._lab = Lab(
            directory,
            port=port,
            edge_port=edge_port,
            status_port=str(status_port),
            allow_private_webhooks="true",
        )
        self._received = Received()
        self._mail = MailServer(self._received)
        self._hook = webhook(self._received)
        self._payments = PaymentProvider()
        self._serving: list[MailServer | WebServer] = []
        self._shoppers: Shoppers | None = None
        self._second: Client | None = None
        self.steps: list[Step] = []
        self.releases = [ReleaseFacts(version) for version in VERSIONS]
        self._pipeline = Pipeline(VERSIONS, self._deploy, self._verified)

    @property
    def shop_url(self) -> str:
        return f"http://127.0.0.1:{self._lab.edge_port}"

    def tell(self) -> bool:
        """Run all steps in order; a step that fails ends the story. Returns whether all held."""
        chapters: tuple[Chapter, ...] = (
            ("start golive", self._start),
            ("ship 1.0: build, gates, staging, verification, approval, production", self._first),
            ("ship 1.1, a good release, to everyone", self._good),
            ("ship 1.2, whose checkout fails for some: pulled, blamed, rolled back", self._bad),
            ("incident, page and status page about 1.2", self._response),
            ("break a dependency during the canary of 1.3: held, nobody blamed, goes on", self._held),
            ("count what the shoppers met: no request of 1.1 failed", self._counted),
        )
        try:
            return tell(chapters, self._say, self.steps)
        finally:
            with suppress(OSError, ValueError, LookupError, subprocess.SubprocessError):
                self._count()

    def stay(self) -> None:
        """Let shoppers go on while people look around, until Ctrl-C."""
        self._shoppers = Shoppers(self.shop_url, self._lab.directory / "later.json")
        self._say("Shoppers go on. Look around; Ctrl-C ends everything.")
        while True:
            _wait(3600)

    def end(self) -> None:
        """End everything that the demo started."""
        if self._shoppers:
            with suppress(OSError, ValueError, subprocess.SubprocessError):
                self._shoppers.stop()
        self._lab.down()
        for server in self._serving:
            server.stop()

    # -- chapters --------------------------------------------------------------------------------------------------

    def _start(self) -> str:
        for server in (self._mail, self._hook, self._payments.server):
            server.start()
            self._serving.append(server)
        self._say("  waiting for store, edge, engine and control room")
        started = self._lab.up()
        self._say(f"  control room: {started['url']}\n  log in once:  {started['login_url']}")
        self._second = self._lab.person("mira@example.com", "Mira Okafor", "approver")
        self._respond_to(self._lab.client())
        return f"ready after {started['seconds']:.1f} s; the shop will be at {self.shop_url}"

    def _respond_to(self, admin: Client) -> None:
        """Give the on-call person a real mailbox and a real webhook."""
        admin.post("/people", {"email": ON_CALL, "name": "Ada Quist", "role": "operator"})
        admin.post(
            "/channels",
            {
                "name": "mail",
                "kind": "smtp",
                "settings": {
                    "host": "127.0.0.1",
                    "port": str(self._mail.port),
                    "security": "none",
                    "sender": "golive@example.com",
                },
            },
        )
        hook = {"url": f"{self._hook.url}/golive", "secret": "the demo's own"}
        admin.post("/channels", {"name": "webhook", "kind": "webhook", "settings": hook})
        contacts = [{"channel": "mail", "address": ON_CALL}, {"channel": "webhook", "address": ""}]
        admin.call("PUT", f"/oncall/contacts/{ON_CALL}", json=contacts)
        admin.call("PUT", "/oncall", json={"level1": [ON_CALL]})

    def _first(self) -> str:
        repository = make_repository(
            self._lab.directory / "farmersmarket",
            payments=self._payments.server.url,
            port=self._lab.edge_port,
        )
        self._lab.register(repository)
        self._pipeline.start()
        self._say(
            f"  the first build downloads the market's wheels; on a slow line that takes up to {BUILT / 60:.0f} minutes"
        )
        release = self._ship(0)
        self._until(release, SERVES_ALL, "until 1.0 serves")
        self._shoppers = Shoppers(self.shop_url, self._lab.directory / "shoppers.json")
        self._say("  shoppers come: 20 requests/s by 60 clients")
        _wait(12)  # the judge learns what is usual
        return "1.0 serves everyone; shoppers are in"

    def _good(self) -> str:
        release = self._ship(1)
        self._until(release, SERVES_ALL, "until 1.1 serves everyone")
        return "1.1 serves everyone"

    def _bad(self) -> str:
        release = self._ship(2)
        found = self._until(release, ("ROLLED_BACK",), "until golive finds and undoes 1.2")
        site = self._site()
        assert site["serving"] == "1.1", f"{site['serving']} serves instead of 1.1"
        return str(found["sentence"])

    def _response(self) -> str:
        bad = self.releases[2]
        began = bad.began or 0.0
        self._say("  waiting for the mail, the webhook, the evidence and the status page")
        mail = until(lambda: self._received.first_page_after(began), DELIVERED)
        until(lambda: self._received.first_call_after(began), DELIVERED)
        incidents = [i for i in self._lab.client().get("/incidents") if i["release"] == bad.id]
        assert len(incidents) == 1, f"there are {len(incidents)} incidents about 1.2"
        incident = incidents[0]
        evidence = until(lambda: self._lab.client().get(f"/releases/{bad.id}/evidence"), DELIVERED)
        assert evidence["routes"] or evidence["errors"] or evidence["patterns"], "the incident has no evidence"
        page = self._lab.client().get("/statuspage")
        assert any(story["incident"] == incident["id"] for story in page["stories"]), "the status page is silent"
        public = httpx.get(f"http://127.0.0.1:{page['port']}/", timeout=10, trust_env=False)
        assert public.status_code == 200, "the edge does not serve the status page"
        self._lab.client().post(f"/incidents/{incident['number']}/ack")
        return f'{ON_CALL} was paged: "{mail[2]}"; incident {incident["number"]} is acknowledged'

    def _held(self) -> str:
        release = self._ship(3)
        self._until(release, ("STEP",), "for the canary of 1.3")
        _wait(PAST_THE_STEP)
        self._say("  the payment provider goes down for both releases")
        self._payments.broken.set()
        try:
            self._until(release, ("HELD",), "until golive finds that no release is to blame")
        finally:
            self._payments.broken.clear()
        self._say("  the payment provider is back")
        self._until(release, SERVES_ALL, "until 1.3 goes on to everyone")
        return "no release was blamed; 1.3 serves everyone"

    def _counted(self) -> str:
        self._count()
        return flawless(self.releases[1])

    # -- parts of chapters -----------------------------------------------------------------------------------------

    def _deploy(self, version: str) -> str:
        return self._lab.deploy("farmersmarket", version)

    def _verified(self, release: str) -> None:
        self._lab.wait_for_state(release, "AWAITING_APPROVAL", *ENDED, seconds=BUILT)

    def _ship(self, index: int) -> str:
        """Wait until a version is verified, approve it as the second person, and return when production is next."""
        facts = self.releases[index]
        facts.id = self._pipeline.id_of(facts.version, BUILT)
        done = f"for gates, build and staging of {facts.version}"
        found = self._until(facts.id, ("AWAITING_APPROVAL",), done, seconds=BUILT)
        assert self._second is not None
        facts.began = time.time()
        if index:
            self.releases[index - 1].ended = facts.began
        self._second.post(f"/releases/{facts.id}/approve", {"comment": "Looks good on staging."})
        self._say(f"  Mira approves {found['version']} ({found['digest'][:12]})")
        return facts.id

    def _until(self, release: str, states: Collection[str], what: str, *, seconds: float = DONE) -> dict[str, Any]:
        """Wait for a release, saying each state that it comes through. Raises TimeoutError, RuntimeError."""
        self._say(f"  waiting {what}")
        news = News(self._say)
        client = self._lab.client()

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = client.get_patiently(f"/releases/{release}")
            news.hear(found["state"], found["sentence"], time.monotonic())
            if found["state"] in ENDED and found["state"] not in states:
                raise RuntimeError(f"{found['version']} ended as {found['state']}: {found['sentence']}")
            return found if found["state"] in states else None

        try:
            found: dict[str, Any] = until(look, seconds)
        except TimeoutError:
            raise TimeoutError(f"waited {what}, but not longer than {seconds:.0f} s; {news.last}") from None
        finally:
            with suppress(Problem):  # a figure that is missing breaks no promise
                self._record(release)
        return found

    def _record(self, release: str) -> None:
        client = self._lab.client()
        found, record = client.get(f"/releases/{release}"), client.get(f"/releases/{release}/record")
        next(facts for facts in self.releases if facts.id == release).read(found, record["entries"])

    def _site(self) -> dict[str, Any]:
        sites: list[dict[str, Any]] = self._lab.client().get("/sites")
        return next(site for site in sites if site["id"] == "farmersmarket/production")

    def _count(self) -> None:
        """Send the shoppers home and count what they met, and which pages arrived."""
        pages = [moment for moment, _, _ in self._received.pages()]
        for facts in self.releases:
            facts.paged(pages)
        shoppers, self._shoppers = self._shoppers, None
        if shoppers:
            met = shoppers.stop()
            for facts in self.releases:
                facts.count(met)


def _wait(seconds: float) -> None:
    time.sleep(seconds)
