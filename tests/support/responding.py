"""Releases that go wrong, people on call, and an engine without processes."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from golive.kernel import clock
from golive.kernel.access.roles import GOLIVE
from golive.kernel.durable import Worker
from golive.kernel.events import announce
from golive.respond.channels import operations as channels
from golive.respond.oncall import operations as oncall
from golive.ship.releases.events import ReleaseNews
from tests.support.clock import FakeClock

KINDS = {"respond.page.attempt", "respond.page.escalation"}


def say(news: type[ReleaseNews], release: str = "rel_1", *, reason: str = "errors", **facts: Any) -> None:
    """Announce news of a release as the release engine does."""
    with transaction.atomic():
        announce(
            news(
                subject=release,
                release=release,
                version="1.2.0",
                service="shop",
                environment="production",
                reason=reason,
                sentence=f"{news.kind}: 3 of 20 checkouts failed.",
                facts=facts,
            )
        )


class Engine:
    """Runs what is due, by a clock that the test moves."""

    def __init__(self, kinds: set[str] | None = None) -> None:
        self.clock = FakeClock(clock.now())
        self._worker = Worker("engine", clock=self.clock, kinds=kinds or KINDS)

    def run(self, *, after: float = 1.0) -> None:
        self.clock.advance(after)
        self._catch_up()
        while self._worker.drain():
            self._catch_up()

    def _catch_up(self) -> None:
        """Never be behind the machine's clock, by which news and new jobs are dated."""
        behind = (clock.now() - self.clock.now()).total_seconds()
        self.clock.advance(max(behind + 0.001, 0.0))


def on_call(people: dict[str, list[str]], level2: tuple[str, ...] = ()) -> None:
    """Put people (mail address -> lines of their channels) on call; a line "m…" is a channel that mirrors state."""
    for email, lines in people.items():
        for line in lines:
            kind = "mirror" if line.startswith("m") else "phone"
            channels.add(by=GOLIVE, name=line, kind=kind, settings={"line": line})
        oncall.set_contacts(by=GOLIVE, email=email, contacts=[(line, email) for line in lines])
    oncall.set_list(
        by=GOLIVE,
        level1=[email for email in people if email not in level2],
        level2=level2,
        escalate_after=timedelta(seconds=300),
        resend_after=timedelta(seconds=600),
    )
