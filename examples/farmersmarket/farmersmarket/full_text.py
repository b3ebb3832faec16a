"""Full-text indexes: one description, built in PostgreSQL and in SQLite so that both give the same answers.

A word is a run of letters and digits: punctuation becomes blanks before PostgreSQL's parser sees addresses, paths and
fractions in it. Nothing is stemmed and nothing left out.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Func

PUNCTUATION = "[!-/:-@[-`{-~]+"
MOST_WORDS = 6


def words_of(text: str, most: int | None = MOST_WORDS) -> list[str]:
    """The first words of a text, as the indexes know them."""
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text.lower()))[:most]


def lexemes(columns: tuple[str, ...]) -> str:
    """The expression of an index in PostgreSQL; a query uses the index only by the same one."""
    text = " || ' ' || ".join(columns)
    return f"to_tsvector('simple', regexp_replace({text}, '{PUNCTUATION}', ' ', 'g'))"


@dataclass(frozen=True)
class FullText:
    """An index of the words of some columns of a table with an ``id``.

    GIN in PostgreSQL, built without a lock; in SQLite an FTS5 table of the same name that triggers keep in step.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    # In SQLite, where an id is a row's number, or kept beside the words: rows without a number of their own are
    # numbered anew by VACUUM.
    key: str = "rowid"

    def build(self, connection: Any) -> None:
        """Builds it anew. Raises ``RuntimeError`` where SQLite has no FTS5."""
        self.drop(connection)
        if connection.vendor == "postgresql":
            words = lexemes(tuple(f'"{column}"' for column in self.columns))
            with connection.cursor() as cursor:
                cursor.execute(
                    f'CREATE INDEX CONCURRENTLY "{self.name}" ON "{self.table}" USING gin ({words})'
                )
            return
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')")
            if not cursor.fetchone()[0]:
                raise RuntimeError(
                    "This Python's SQLite has no full-text search (FTS5): use a Python that has it, or PostgreSQL "
                    "by DATABASE_URL."
                )
            columns = ", ".join(
                (() if self.key == "rowid" else (f"{self.key} UNINDEXED",)) + self.columns
            )
            tokens = "unicode61 remove_diacritics 0"
            cursor.execute(
                f'CREATE VIRTUAL TABLE "{self.name}" USING fts5({columns}, tokenize="{tokens}")'
            )
            self._fill(cursor)

    def drop(self, connection: Any) -> None:
        """Leaves nothing of it."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.name}"')
            return
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            for trigger in self._triggers():
                cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
            cursor.execute(f'DROP TABLE IF EXISTS "{self.name}"')

    def mend(self, connection: Any) -> None:
        """Puts the triggers back: Django makes a table of SQLite anew to change a column, and they go with the old one."""
        if connection.vendor != "sqlite":
            return
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'trigger')")
            there = {row[0] for row in cursor.fetchall()}
            if self.name in there and not there.issuperset(self._triggers()):
                for trigger in self._triggers():
                    cursor.execute(f'DROP TRIGGER IF EXISTS "{trigger}"')
                cursor.execute(f'DELETE FROM "{self.name}"')
                self._fill(cursor)

    def _fill(self, cursor: Any) -> None:
        columns = ", ".join(self.columns)
        cursor.execute(
            f'INSERT INTO "{self.name}" ({self.key}, {columns}) SELECT id, {columns} FROM "{self.table}"'
        )
        for statement in self._triggers().values():
            cursor.execute(statement)

    def _triggers(self) -> dict[str, str]:
        # Each knows its own table only: one that named another would stop Django from making that table anew.
        columns = ", ".join(self.columns)
        values = ", ".join(f"new.{column}" for column in self.columns)
        changes = ", ".join(f"{column} = new.{column}" for column in self.columns)
        acts = {
            "insert": (
                "INSERT",
                f'INSERT INTO "{self.name}" ({self.key}, {columns}) VALUES (new.id, {values})',
            ),
            "update": (
                f"UPDATE OF {columns}",
                f'UPDATE "{self.name}" SET {changes} WHERE {self.key} = old.id',
            ),
            "delete": ("DELETE", f'DELETE FROM "{self.name}" WHERE {self.key} = old.id'),
        }
        return {
            f"{self.name}_{act}": f'CREATE TRIGGER "{self.name}_{act}" AFTER {event} ON "{self.table}" BEGIN {body}; END'
            for act, (event, body) in acts.items()
        }


class Mentions(Func):
    """Whether each of ``words``, which are letters and digits only, begins a word of an index's columns.

    ``ordered`` is for the first rows of an order that has an index of its own: SQLite then goes along that and stops,
    where it would fetch and sort every row that has the word. PostgreSQL knows from its statistics which is less work.
    """

    output_field = BooleanField()

    def __init__(self, index: FullText, *words: str, ordered: bool = False) -> None:
        super().__init__("id", *index.columns)
        self._index = index
        self._words = words
        self._ordered = ordered

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        columns = tuple(compiler.compile(column)[0] for column in self.source_expressions[1:])
        wanted = " & ".join(f"'{word}':*" for word in self._words)
        return f"{lexemes(columns)} @@ to_tsquery('simple', %s)", [wanted]

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        row, _ = compiler.compile(self.source_expressions[0])
        name, key = self._index.name, self._index.key
        wanted = f'SELECT {key} FROM "{name}" WHERE "{name}" MATCH %s'
        # https://www.sqlite.org/optoverview.html#disqualifying_where_clause_terms_using_unary_
        plus = "+" if self._ordered else ""
        return f"{plus}{row} IN ({wanted})", [" ".join(f'"{word}"*' for word in self._words)]
