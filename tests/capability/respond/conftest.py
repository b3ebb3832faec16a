"""People, and a provider that keeps what it was given and fails when told to."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.test import Client

from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Actor, Role
from golive.kernel.config import settings
from golive.kernel.ports import bound
from golive.respond.channels.ports import Kind, Kinds, Message, Receipt, Setting


@dataclass
class Provider:
    """The far side of all fake channels, by the channel's `line`."""

    sent: list[tuple[str, Message]] = field(default_factory=list)
    failing: dict[str, Exception] = field(default_factory=dict)
    hanging: dict[str, threading.Event] = field(default_factory=dict)

    def open(self, settings: Mapping[str, str]) -> "FakeChannel":
        return FakeChannel(self, settings["line"])

    def on(self, line: str) -> list[Message]:
        return [message for where, message in self.sent if where == line]


@dataclass
class FakeChannel:
    provider: Provider
    line: str

    def send(self, message: Message) -> Receipt:
        if self.line in self.provider.hanging:
            self.provider.hanging[self.line].wait()
        if self.line in self.provider.failing:
            raise self.provider.failing[self.line]
        self.provider.sent.append((self.line, message))
        return Receipt(provider_id=f"{self.line}-{len(self.provider.sent)}")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own for each test: files of the status page and the break-glass file are facts here."""
    monkeypatch.setenv("GOLIVE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    settings().prepare()
    yield settings().home
    settings.cache_clear()


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    line, secret = Setting("line", "Line"), Setting("key", "Key", secret=True, required=False)
    kinds = Kinds(
        Kind("phone", "Phone", (line, secret), provider.open, addressed=True),
        Kind("mirror", "Mirror", (line, secret), provider.open, mirrors_state=True),
    )
    with bound(Kinds, kinds):
        yield provider


Join = Callable[..., Actor]


@pytest.fixture
def join(db: None) -> Join:
    def join(name: str, role: Role = Role.OPERATOR) -> Actor:
        return access.create_person(by=GOLIVE, email=f"{name.lower()}@example.org", name=name, role=role).actor

    return join


@pytest.fixture
def browser_of() -> Callable[[Actor], Client]:
    def browser(actor: Actor) -> Client:
        from golive.kernel.access.models import Person

        client = Client()
        client.force_login(Person.objects.get(email=actor.email))
        return client

    return browser
