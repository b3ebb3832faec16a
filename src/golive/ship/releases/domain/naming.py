"""What people call a release: never two by the same name.  Pure."""

from collections.abc import Container
from itertools import count
from typing import Final

LONGEST: Final = 72  # characters of a version, with room for the number


def apart(version: str, taken: Container[str]) -> str:
    """Return `version`, or with the first free number when an earlier release has that name: 1.4.2, 1.4.2+2, 1.4.2+3.

    The number is build metadata in the sense of semver 2.0.0: it says nothing about what is newer in the code.
    """
    name = version[:LONGEST]
    mark = "." if "+" in name else "+"
    numbered = (f"{name}{mark}{number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)
