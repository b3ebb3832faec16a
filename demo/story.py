"""The demo, step by step; each step waits for what golive does by itself and says what it waits for."""

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from demo.facts import ReleaseFacts, Step
from demo.receivers import MailServer, PaymentProvider, Received, webhook
from demo.shop import VERSIONS, Shoppers, make_repository
from golive.cli.client import Client
from golive.kernel.problems import Problem
from golive.ship.releases.domain.states import CLOSED, SERVES_ALL
from tools.lab import Lab, until

Say = Callable[[str], None]
ENDED = CLOSED - SERVES_ALL
ON_CALL = "ada@example.com"
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
        self._shoppers: Shoppers | None = None
        self._figures: dict[str, Any] = {}
        self._second: Client | None = None
        self.steps: list[Step] = []
        self.releases = [ReleaseFacts(version) for version in VERSIONS]

    @property
    def shop_url(self) -> str:
        return f"http://127.0.0.1:{self._lab.edge_port}"

    def tell(self) -> bool:
        """Run all steps in order; a step that fails ends the story. Returns whether all held."""
        chapters: tuple[tuple[str, Callable[[], str]], ...] = (
            ("start golive", self._start),
            ("ship 1.0: build, gates, staging, verification, approval, production", self._first),
            ("ship 1.1, a good release, to everyone", self._good),
            ("ship 1.2, whose checkout fails for some: pulled, blamed, rolled back", self._bad),
            ("incident, page and status page about 1.2", self._response),
            (
                "break a dependency during the canary of 1.3: held, nobody blamed, goes on",
                self._held,
            ),
        )
        for title, chapter in chapters:
            self._say(f"\n{title}")
            began = time.monotonic()
            try:
                detail, held = chapter(), True
            except (TimeoutError, AssertionError, RuntimeError, Problem, OSError) as trouble:
                detail, held = str(trouble), False
            self.steps.append(Step(title, held, time.monotonic() - began, detail))
            self._say(f"  {'ok' if held else 'FAILED'}: {detail}")
            if not held:
                break
        self._count()
        return len(self.steps) == len(chapters) and all(step.held for step in self.steps)

    def keep_shopping(self) -> None:
        """Let shoppers go on while people look around."""
        self._shoppers = Shoppers(self.shop_url, self._lab.directory / "later.json")

    def end(self) -> None:
        """End everything that the demo started."""
        if self._shoppers:
            with suppress(OSError, ValueError):
                self._shoppers.stop()
        self._lab.down()
        for server in (self._mail, self._hook, self._payments.server):
            server.stop()

    # -- chapters --------------------------------------------------------------------------------------------------

    def _start(self) -> str:
        for server in (self._mail, self._hook, self._payments.server):
            server.start()
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
        self.releases[0].id = self._lab.deploy("farmersmarket", "1.0")
        release = self._ship(0)
        threading.Thread(target=self._prepare, daemon=True).start()
        self._until(release, SERVES_ALL, 180, "1.0 serves")
        self._shoppers = Shoppers(self.shop_url, self._lab.directory / "shoppers.json")
        self._say("  shoppers come: 20 requests/s by 60 clients")
        _wait(12)  # the judge learns what is usual
        return "1.0 serves everyone; shoppers are in"

    def _good(self) -> str:
        release = self._ship(1)
        self._until(release, SERVES_ALL, 180, "1.1 serves everyone")
        return "1.1 serves everyone"

    def _bad(self) -> str:
        release = self._ship(2)
        found = self._until(release, ("ROLLED_BACK",), 420, "golive finds and undoes 1.2")
        facts = found["facts"]
        self.releases[2].seconds_to_pull = facts.get("seconds_to_pull")
        self.releases[2].seconds_to_verdict = facts.get("seconds_to_verdict")
        site = self._site()
        assert site["serving"] == "1.1", f"{site['serving']} serves instead of 1.1"
        return str(found["sentence"])

    def _response(self) -> str:
        began = self.releases[2].began
        self._say("  waiting for the mail, the webhook, the evidence and the status page")
        mail = until(lambda: self._received.first_page_after(began), 20)
        until(lambda: self._received.first_call_after(began), 20)
        [incident] = [i for i in self._lab.client().get("/incidents") if i["release"] == self.releases[2].id]
        pulled = _moment(self.releases[2].states, "PULLED")
        if pulled is not None:
            self.releases[2].seconds_to_page = round(mail[0] - pulled, 2)
        evidence = until(lambda: self._lab.client().get(f"/releases/{self.releases[2].id}/evidence"), 20)
        assert evidence["routes"] or evidence["errors"] or evidence["patterns"], "the incident has no evidence"
        page = self._lab.client().get("/statuspage")
        assert any(story["incident"] == incident["id"] for story in page["stories"]), "the status page is silent"
        public = httpx.get(f"http://127.0.0.1:{page['port']}/", timeout=10, trust_env=False)
        assert public.status_code == 200, "the edge does not serve the status page"
        self._lab.client().post(f"/incidents/{incident['number']}/ack")
        return f'{ON_CALL} was paged: "{mail[2]}"; incident {incident["number"]} is acknowledged'

    def _held(self) -> str:
        release = self._ship(3)
        self._until(release, ("STEP",), 180, "the canary of 1.3")
        _wait(PAST_THE_STEP)
        self._say("  the payment provider goes down for both releases")
        self._payments.broken.set()
        try:
            self._until(release, ("HELD",), 200, "golive finds that no release is to blame")
        finally:
            self._payments.broken.clear()
        self._say("  the payment provider is back")
        self._until(release, SERVES_ALL, 240, "1.3 goes on to everyone")
        return "no release was blamed; 1.3 serves everyone"

    # -- parts of chapters -----------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Have the next releases built, gated and verified in staging, one after the other, as CI would."""
        with suppress(Problem, TimeoutError, OSError):
            for facts in self.releases[1:]:
                facts.id = self._lab.deploy("farmersmarket", facts.version)
                self._lab.wait_for_state(facts.id, "AWAITING_APPROVAL", *ENDED, seconds=240)

    def _ship(self, index: int) -> str:
        """Wait until a version is verified, approve it as the second person, and return when production is next."""
        facts = self.releases[index]
        until(lambda: facts.id, 240)
        found = self._until(facts.id, ("AWAITING_APPROVAL",), 240, f"gates, build and staging of {facts.version}")
        assert self._second is not None
        facts.began = time.time()
        self._second.post(f"/releases/{facts.id}/approve", {"comment": "Looks good on staging."})
        self._say(f"  Mira approves {found['version']} ({found['digest'][:12]})")
        return facts.id

    def _until(self, release: str, states: Collection[str], seconds: float, what: str) -> dict[str, Any]:
        """Wait for a release, saying each state that it comes through. Raises TimeoutError, RuntimeError."""
        self._say(f"  waiting until {what}" if " " in what else f"  waiting for {what}")
        told = ""
        client = self._lab.client()

        def look() -> dict[str, Any] | None:
            nonlocal told
            found: dict[str, Any] = client.get(f"/releases/{release}")
            if found["sentence"] != told:
                told = found["sentence"]
                self._say(f"    {found['state'].lower().replace('_', ' ')}: {told}")
            if found["state"] in ENDED and found["state"] not in states:
                raise RuntimeError(f"{found['version']} ended as {found['state']}: {told}")
            return found if found["state"] in states else None

        try:
            found: dict[str, Any] = until(look, seconds)
        except TimeoutError:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s; {told}") from None
        self._record(release)
        return found

    def _record(self, release: str) -> None:
        for facts in self.releases:
            if facts.id == release:
                entries = self._lab.client().get(f"/releases/{release}/record")["entries"]
                facts.states = [
                    {"state": entry["kind"], "at": entry["at"]} for entry in entries if "from" in entry["facts"]
                ]
                facts.ended = time.time()

    def _site(self) -> dict[str, Any]:
        sites: list[dict[str, Any]] = self._lab.client().get("/sites")
        return next(site for site in sites if site["id"] == "farmersmarket/production")

    def _count(self) -> None:
        if self._shoppers is None:
            return
        self._figures = self._shoppers.stop()
        self._shoppers = None
        for facts in self.releases:
            facts.count(self._figures)


def _moment(states: list[dict[str, Any]], name: str) -> float | None:
    at = next((state["at"] for state in states if state["state"] == name), None)
    return datetime.fromisoformat(at).timestamp() if at else None


def _wait(seconds: float) -> None:
    time.sleep(seconds)
