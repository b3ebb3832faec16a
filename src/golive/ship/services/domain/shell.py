"""Commands of golive.toml: how detection writes them, and how the shell gets them."""

import re
import shlex

_ASSIGNMENTS = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*=(?:'[^']*'|\"[^\"]*\"|[^\s'\"])*\s+)+")
_COMPOUND = frozenset("()|&;")
_KEYWORDS = {
    "exec",
    "if",
    "for",
    "while",
    "until",
    "case",
    "{",
    "!",
    "cd",
    "export",
    "set",
    ".",
    "eval",
    "trap",
}


def cd(folder: str, command: str) -> str:
    """Return a command that is run in a folder of the repository, "" for the top."""
    return f"cd {shlex.quote(folder)} && {command}" if folder else command


def run_in(folder: str, command: str) -> str:
    """Return the same for a simple command, which replaces the shell, as what is to be stopped has to."""
    return cd(folder, f"exec {command}" if folder else command)


def fails(words: str) -> str:
    """Return a command that does nothing but say why it cannot."""
    return f"echo {shlex.quote(words)} >&2; exit 1"


def process_argv(command: str) -> tuple[str, ...]:
    """Return argv that runs a long-lived command by /bin/sh, so that variables such as $PORT are filled in.

    A simple command replaces the shell (`exec`): then the signal to stop reaches the app itself, not the shell
    before it. A compound one (`a && b`, pipes, loops) stays as it is.
    """
    line = command.strip()
    assigned = _ASSIGNMENTS.match(line)
    before, rest = (assigned[0], line[assigned.end() :]) if assigned else ("", line)
    return ("/bin/sh", "-c", f"{before}exec {rest}" if _is_simple(rest) else line)


def _is_simple(line: str) -> bool:
    if not line or "\n" in line or "`" in line:
        return False
    words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
    return words[0] not in _KEYWORDS and not any(
        set(word) & _COMPOUND and set(word) <= set("();<>|&") for word in words
    )
