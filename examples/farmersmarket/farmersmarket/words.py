"""What people write, as it is kept."""

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def plain(text: str) -> str:
    """A text of several lines without control characters and the space round it."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()
