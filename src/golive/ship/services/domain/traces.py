"""Where an app keeps data, read from its sources: SQLite files and folders of uploads."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from golive.ship.services.domain.findings import Files
from golive.ship.services.domain.projects import under

_SOURCE = re.compile(r"\.(py|js|mjs|cjs|ts|env|cfg|ini|toml|json)$")
_PASSED_OVER = re.compile(
    r"(^|/)(tests?|migrations|docs|examples?|\.github|dist|build|alembic)(/|_)|(^|/)(test_|conftest\.)|\.(test|spec)\.|[-.]lock\."
)
_PART = r"['\"][\w./-]+['\"]"
_FOLDERS_BEFORE = (  # os.path.join(BASE_DIR, "data", or BASE_DIR / "data" /
    rf"(?:join(?:path)?\(\s*(?:[\w.]+\s*,\s*)?(?P<joined>(?:{_PART}\s*,\s*)+)|(?P<divided>(?:{_PART}\s*/\s*)+))?"
)
_SQLITE = re.compile(
    _FOLDERS_BEFORE + r"['\"`](?:sqlite(?:\+\w+)?:///|file:)?(?:\./)?(?P<file>[\w-][\w./-]*\.(?:sqlite3?|db))['\"`?]"
)
_SETTING = re.compile(r"^\s*\w*(?:db|database)\w*\s*=\s*(?:\./)?([\w-][\w./-]*\.(?:sqlite3?|db))\s*$", re.M | re.I)
_UPLOADS = (
    re.compile(r"MEDIA_ROOT\s*=.*?['\"]([\w-][\w./-]*)/?['\"]"),
    re.compile(r"UPLOAD\w*['\"\]]*\s*[=:].*?['\"](?:\./)?([\w-][\w./-]*)/?['\"]"),
    re.compile(r"\bdest(?:ination)?\s*:\s*['\"](?:\./)?([\w-][\w./-]*)/?['\"]"),
)
_TEST = re.compile(r"(?<![a-z])test", re.I)
_FOLDERS = ("media", "uploads")


def sources(files: Files) -> list[tuple[str, str]]:
    """Return paths and texts worth reading: no tests, no generated files."""
    return [
        (path, text) for path, text in sorted(files.items()) if _SOURCE.search(path) and not _PASSED_OVER.search(path)
    ]


def sqlite_files(files: Files, base: str = "") -> tuple[str, ...]:
    """Return the SQLite files that the sources name, relative to the repository; `base` is the app's own folder."""
    found = [
        under(base, _whole(match))
        for _, text in sources(files)
        if "sqlite" in text.lower()
        for match in _SQLITE.finditer(text)
    ]
    found += [
        under(base, match)
        for path, text in sources(files)
        if path.endswith((".cfg", ".ini", ".env"))
        for match in _SETTING.findall(text)
    ]
    return _usable(found)[:2]


def upload_folders(files: Files, base: str = "") -> tuple[str, ...]:
    """Return folders of uploads, with a trailing slash."""
    found = [
        under(base, match) for _, text in sources(files) for pattern in _UPLOADS for match in pattern.findall(text)
    ]
    tops = {path.split("/")[0] for path in files if "/" in path}
    found += [under(base, name) for name in _FOLDERS if name in tops]
    code = {str(PurePosixPath(path).parent) for path in files if path.endswith((".py", ".js", ".ts"))}
    return tuple(f"{path}/" for path in _usable(found) if path not in code and "." not in path)[:2]


def _whole(match: re.Match[str]) -> str:
    """Return the path of a database with the folders that stand before it; the way up to the top is not one."""
    folders = re.findall(r"[\w./-]+", match["joined"] or match["divided"] or "")
    return "/".join([*(folder for folder in folders if folder != ".."), match["file"]])


def _usable(paths: Iterable[str]) -> tuple[str, ...]:
    """Leave out what lies outside, what is twice there, and what only tests use."""
    kept: list[str] = []
    for path in (str(PurePosixPath(path)) for path in paths):
        if ".." in path.split("/") or path.startswith("/") or _TEST.search(path) or path in kept or "backends." in path:
            continue
        if not any(path.startswith(f"{other}/") for other in kept):
            kept.append(path)
    return tuple(kept)
