"""What SQL of people may say: one reading statement that stays inside the store.

`readonly = 1` alone lets a statement write files (INTO OUTFILE), read them (the function `file`) and
follow another (a semicolon). The guard reads the statement token by token, as ClickHouse's lexer does,
and allows what it knows.
"""

import re
from collections.abc import Iterator
from typing import Final

from golive.kernel.problems import Problem

_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|\#[!\ ][^\n]*|/\*.*?\*/)
    | (?P<string>'(?:[^'\\]|\\.|'')*')
    | (?P<quoted>"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`)
    | (?P<number>\d[\w.]*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<end>;)
    | (?P<sign>[()\[\]{},.<>=!+*/%|:?@^&~-])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

_STATEMENTS: Final = frozenset({"select", "with", "show", "describe", "desc", "explain", "exists"})
_REFUSED_WORDS: Final = frozenset({"into", "outfile", "infile", "insert", "identifier"})
"""`Identifier` is the type of a parameter that stands for a table: its value is not seen here."""
_TABLE_FUNCTIONS: Final = frozenset(
    {
        "numbers",
        "numbers_mt",
        "zeros",
        "generate_series",
        "generateseries",
        "values",
        "view",
        "null",
    }
)
_SCALARS_LIKE_TABLES: Final = frozenset({"format"})
_REFUSED_CALLS: Final = frozenset(
    {"python", "hostname", "fqdn", "displayname", "getoskernelversion", "serveruuid", "tcpport", "buildid"}
)
_REFUSED_NAMES: Final = frozenset(
    {
        "file",
        "filesystemavailable",
        "filesystemcapacity",
        "filesystemunreserved",
        "sleep",
        "sleepeachrow",
        "catboostevaluate",
        "getserverport",
        "getserversetting",
        "getmacro",
        "dictget",
        "throwif",
        "addresstoline",
        "addresstosymbol",
        "demangle",
        "aiclassify",
        "aiembed",
        "aiextract",
        "aifilter",
        "aigenerate",
        "airedact",
        "aisimilarity",
        "aitranslate",
    }
)
"""Refused wherever they stand: `arrayMap(file, ...)` and `* APPLY(file)` call a function by its bare name."""

_SYSTEM: Final = frozenset({"system", "information_schema"})
_SYSTEM_TABLES: Final = frozenset({"tables", "columns", "parts", "databases", "functions", "one"})
"""What a person needs to find their way; the others tell of the machine and of other people's statements."""
_SHOWN: Final = frozenset(
    {"tables", "databases", "columns", "fields", "create", "index", "indexes", "indices", "keys", "full"}
)


class StatementRefused(Problem):
    """The statement is not one that people may run; the message says why."""


class Guard:
    """Checks statements of people; `table_functions` are the names the engine knows."""

    def __init__(self, table_functions: frozenset[str]) -> None:
        outside = {name.lower() for name in table_functions} - _TABLE_FUNCTIONS
        self._calls = (outside - _SCALARS_LIKE_TABLES) | _REFUSED_CALLS

    def check(self, sql: str) -> str:
        """Return the statement without a closing semicolon.

        Raises `StatementRefused`.
        """
        tokens = list(_tokens(sql))
        while tokens and tokens[-1][0] == "end":
            sql = sql[: tokens.pop()[2]]
        if not tokens:
            raise StatementRefused("there is no statement")
        if tokens[0][0] == "sign" and tokens[0][1] == "(":
            first = next((text for kind, text, _ in tokens if kind == "word"), "")
        else:
            first = tokens[0][1]
        if first.lower() not in _STATEMENTS:
            raise StatementRefused(
                f"{first[:40]!r}: only SELECT, WITH, SHOW, DESCRIBE, EXPLAIN and EXISTS may be run here"
            )
        texts = [text for _, text, _ in tokens]
        if first.lower() == "show" and not _SHOWN & {text.lower() for text in texts[1:2]}:
            raise StatementRefused("SHOW is for tables, databases, columns, indexes and CREATE here")
        for number, (kind, text, _) in enumerate(tokens):
            following = texts[number + 1 : number + 3]
            self._check_token(kind, text, following[0] if following else "")
            if kind in {"word", "quoted"} and following[:1] == ["."]:
                _check_table(text, "".join(following[1:]))
        return sql

    def _check_token(self, kind: str, text: str, following: str) -> None:
        if kind == "end":
            raise StatementRefused("one statement at a time: a semicolon ends it")
        if kind == "word" and text.lower() in _REFUSED_WORDS:
            raise StatementRefused(f"{text.upper()} may not be used here; a column needs quotes")
        if kind == "quoted" and ("\\" in text or text[0] in text[1:-1]):
            raise StatementRefused(
                "a quoted name may hold neither a backslash nor its quote: it is compared as it stands"
            )
        name = _bare(text)
        if kind in {"word", "quoted"} and (name in _REFUSED_NAMES or (following == "(" and name in self._calls)):
            raise StatementRefused(f"the function {name} reaches outside the store")


def _check_table(database: str, table: str) -> None:
    if _bare(database) in _SYSTEM and _bare(table) not in _SYSTEM_TABLES:
        raise StatementRefused(f"{database}.{table[:40]} tells of the machine, not of telemetry")


def _bare(name: str) -> str:
    return name.strip('"`').lower()


def _tokens(sql: str) -> Iterator[tuple[str, str, int]]:
    position = 0
    while position < len(sql):
        match = _TOKEN.match(sql, position)
        if match is None:
            raise StatementRefused(f"unexpected character {sql[position]!r} at {position}")
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match.group(), position
        position = match.end()
