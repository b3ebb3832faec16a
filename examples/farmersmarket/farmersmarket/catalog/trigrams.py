"""Nearest words by shared groups of three letters, the measure of PostgreSQL's pg_trgm. Pure."""

from collections.abc import Iterable
from functools import lru_cache

LEAST = 0.4


@lru_cache(maxsize=50_000)
def trigrams(word: str) -> frozenset[str]:
    """The groups of three letters of a word, with two blanks before it and one behind."""
    padded = f"  {word} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def similarity(one: str, other: str) -> float:
    """0.0 for nothing in common to 1.0 for the same groups."""
    first, second = trigrams(one), trigrams(other)
    return len(first & second) / len(first | second)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like ``word``, or ``word`` itself where none is like it enough."""
    best, found = LEAST, word
    for candidate in known:
        alike = similarity(word, candidate)
        if alike > best:
            best, found = alike, candidate
    return found
