"""Files of NAME=value lines."""

import re

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")


def parse_variables(text: str) -> dict[str, str]:
    """Return the variables of a .env file: comments and blank lines are left out, one pair of quotes is taken off.

    Nothing is expanded: a value is what stands there.
    """
    found = {}
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None or line.lstrip().startswith("#"):
            continue
        value = match[2].strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        found[match[1]] = value
    return found
