"""Taking the values of secrets out of what other people read."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote, urlsplit

SHORTEST: Final = 6
"""Shorter values are left alone: they stand in too many words that are no secret."""


class Redaction:
    """Called with a text, it says `[secret NAME]` wherever the value of a secret stood, plainly or encoded.

    Of a value of several lines each line is one, of an address with a password the password too. What was cut at its
    beginning is known by its end, where a text begins with that.
    """

    def __init__(self, secrets: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, str] = {}
        for name, value in secrets:
            for form in _forms(value):
                self._names.setdefault(form, f"[secret {name}]")
        self._longest_first = sorted(self._names, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        # Few stand in one text: to look for each plainly is a hundred times as fast as a pattern of all of them.
        here = "|".join(re.escape(form) for form in self._longest_first if form in text)
        said = re.sub(here, lambda found: self._names[found[0]], text) if here else text
        cut, name = self._cut_off(said)
        return name + said[cut:]

    def within(self, value: Any) -> Any:
        """Return a JSON value with the texts in it redacted."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dict):
            return {key: self.within(inner) for key, inner in value.items()}
        return [self.within(inner) for inner in value] if isinstance(value, list) else value

    def _cut_off(self, text: str) -> tuple[int, str]:
        ends = (
            (size, name)
            for form, name in self._names.items()
            if text[:SHORTEST] in form
            for size in range(len(form) - 1, SHORTEST - 1, -1)
            if text.startswith(form[-size:])
        )
        return max(ends, default=(0, ""))


def _forms(value: str) -> Iterator[str]:
    """Yield what a value looks like in a text: as it is, in an address, in JSON, in Python, in base64."""
    plain = {value, value.replace("\\n", "\n")}
    with suppress(ValueError):  # no address
        password = urlsplit(value).password or ""
        plain |= {password, unquote(password)}
    plain |= {line.strip() for one in plain for line in one.splitlines()}
    for one in plain:
        if len(one) >= SHORTEST:
            yield from (one, quote(one), quote(one, safe=""), quote_plus(one))
            yield from (json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], repr(one)[1:-1])
            yield from _in_base64(one.encode(errors="replace"))


def _in_base64(value: bytes) -> Iterator[str]:
    """Yield the characters that depend on the value alone, whatever stands before and after it in what is encoded."""
    for before in range(3):
        first, end = -(-before * 8 // 6), (before + len(value)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(bytes(before) + value).decode()[first:end]
