"""The port to the machinery that carries messages to people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from golive.kernel.problems import Problem

Act = Literal["trigger", "acknowledge", "resolve", "notice"]


@dataclass(frozen=True)
class Message:
    """What is said. `key` is the idempotency key of this attempt; `dedup_key` is the same for all of one incident.

    `to` is the person's address where the channel serves many (a mail address), empty where it has one receiver.
    """

    key: str
    act: Act
    dedup_key: str
    subject: str
    text: str
    severity: Literal["critical", "error", "warning", "info"] = "error"
    link: str = ""
    ack_link: str = ""
    to: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """The provider took the message; `delivered` only when it also says that the receiver has it."""

    provider_id: str = ""
    delivered: bool = False


class ChannelFailed(Problem):
    """The provider did not take the message. `final`: the same message will never be taken (wrong key, bad address).

    `retry_after` is the pause that the provider asked for, zero when it did not.
    """

    slug = "channel-failed"
    title = "The channel did not take the message"
    status = 502

    def __init__(
        self, detail: str, *, hint: str = "", final: bool = False, retry_after: timedelta = timedelta(0)
    ) -> None:
        super().__init__(detail, hint=hint, final=final)
        self.final = final
        self.retry_after = retry_after


class Channel(Protocol):
    """One configured way to reach somebody."""

    def send(self, message: Message) -> Receipt:
        """Hand the message over within ten seconds. Raises ChannelFailed; its text holds no secret."""
        ...


@dataclass(frozen=True)
class Setting:
    """One value that a kind needs; a secret one is stored encrypted and never shown again."""

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A way to reach people that golive can speak. `addressed`: each person has an address of their own in it.

    `check` raises ValueError, in words, for settings that cannot work; `open` makes the channel.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    open: Callable[[Mapping[str, str]], Channel]
    check: Callable[[Mapping[str, str]], None] = lambda _settings: None
    addressed: bool = False
    mirrors_state: bool = False  # also wants to hear acknowledge and resolve (PagerDuty)


class Kinds:
    """The kinds that this golive has adapters for."""

    def __init__(self, *kinds: Kind) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def get(self, name: str) -> Kind | None:
        return self._kinds.get(name)

    def all(self) -> tuple[Kind, ...]:
        return tuple(self._kinds.values())
