"""Who hears of what, and in which words; pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from golive.respond.channels.domain import Patience
from golive.ship.services.domain.manifest import Occasion

PATIENCE: Final = Patience(tries=20, longest=timedelta(minutes=15))  # about three hours
NO_MAILBOX: Final = "@localhost.local"  # the end of the address that the first admin is given
PREFIX: Final = "[golive] "
LONGEST_SUBJECT, LONGEST_SENTENCE = 150, 300


@dataclass(frozen=True)
class Cast:
    """The people around a release, by mail address. `sender` asked for it."""

    author: str
    sender: str
    approvers: Sequence[str] = ()
    stakeholders: Sequence[str] = ()


def audience(occasion: Occasion, cast: Cast) -> list[str]:
    """Return who hears of an occasion, each once; whoever has just started a release knows that it started."""
    asked = cast.approvers if occasion == "approval" else ()
    listed = [*asked, *cast.stakeholders, cast.author, cast.sender]
    once = dict.fromkeys(address.lower() for address in listed if address)
    if occasion == "started":
        once.pop(cast.sender.lower(), None)
    return list(once)


@dataclass(frozen=True)
class Way:
    """How a person is reached: a channel and the address in it, empty where it has one receiver."""

    channel: str
    channel_name: str
    address: str


@dataclass(frozen=True)
class Reached:
    """A person, by mail address and name, and how they are reached; `way` is None when no channel does."""

    email: str
    name: str
    way: Way | None


def together(people: Iterable[Reached]) -> list[list[Reached]]:
    """Return the people, those with the same receiver together: a chat room hears it once."""
    found: dict[object, list[Reached]] = {}
    for person in people:
        found.setdefault(person.way or person.email, []).append(person)
    return list(found.values())


@dataclass(frozen=True)
class News:
    """What happened to a release; `words` say it after its name, `head` is the hash of the record's entry about it."""

    occasion: Occasion
    words: str
    release: str
    service: str
    version: str
    environment: str
    sentence: str
    head: str
    commit: str = ""
    author: str = ""
    sender: str = ""


def subject(news: News) -> str:
    """Return the subject: one line, whatever a tag is called."""
    return plain(f"{PREFIX}{news.service} {news.version} {news.words}", LONGEST_SUBJECT)


def text(news: News) -> str:
    """Return what the message says: plain lines without markup. Commands name the release by its id, never by a tag."""
    by = f"by {plain(news.author, 100)}" if news.author else ""
    sent = f"sent by {plain(news.sender, 100)}"
    quoted = f"“{plain(news.commit, 120)}”" if news.commit else ""
    first = news.sentence.strip().partition("\n")[0]
    lines = [
        plain(first, LONGEST_SENTENCE),
        ", ".join(filter(None, (f"To {news.environment}", quoted, by, sent))) + ".",
    ]
    if news.occasion == "approval":
        lines += [
            f'Approve on its page or, as the owner of that golive, in a terminal: golive approve {news.release} -m "why"'
        ]
    lines += [
        f"The head of its record is now {news.head}.",
        f"Whether the record still holds it: golive show {news.release} --head {news.head}",
    ]
    return "\n".join(lines)


def stopped_at(reason: str) -> str:
    """Return where a release failed, without what its commands printed: output may hold secrets, and mail leaves the house."""
    return f"It failed at: {reason.replace('_', ' ').replace('-', ' ')}. Why, with all that was printed, stands on its page."


def plain(words: str, longest: int) -> str:
    """Return words as one line without characters that steer a terminal, a header or the direction of writing."""
    kept = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in words)
    line = " ".join(kept.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
