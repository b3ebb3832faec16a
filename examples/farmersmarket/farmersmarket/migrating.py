"""Indexes that are built while the market sells: expand only, reversible, safe to run again after a cut."""

from typing import Any

from django.db import migrations

from farmersmarket.full_text import FullText


class AddIndex(migrations.AddIndex):
    """``AddIndex`` without a lock on PostgreSQL; its migration needs ``atomic = False``."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        # What a cut left behind is invalid and would keep its name.
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f'DROP INDEX CONCURRENTLY IF EXISTS "{self.index.name}"')


class AddFullText(migrations.RunPython):
    """Builds a full-text index on PostgreSQL and SQLite; its migration needs ``atomic = False``."""

    def __init__(self, name: str, table: str, *columns: str, key: str = "rowid") -> None:
        index = FullText(name, table, columns, key)

        def forwards(apps: Any, schema_editor: Any) -> None:
            index.build(schema_editor.connection)

        def backwards(apps: Any, schema_editor: Any) -> None:
            index.drop(schema_editor.connection)

        super().__init__(forwards, backwards, atomic=False)


class AddWords(migrations.RunPython):
    """The former full-text index, of PostgreSQL only, by what its parser takes for a word."""

    def __init__(self, name: str, table: str, *columns: str) -> None:
        words = " || ' ' || ".join(f'"{column}"' for column in columns)
        drop = f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'
        make = f'CREATE INDEX CONCURRENTLY "{name}" ON "{table}" USING gin (to_tsvector(\'simple\', {words}))'

        def forwards(apps: Any, schema_editor: Any) -> None:
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(drop)
                schema_editor.execute(make)

        def backwards(apps: Any, schema_editor: Any) -> None:
            if schema_editor.connection.vendor == "postgresql":
                schema_editor.execute(drop)

        super().__init__(forwards, backwards, atomic=False)


class DropWords(AddWords):
    """Takes such an index away; taken back it is built again."""

    def __init__(self, name: str, table: str, *columns: str) -> None:
        super().__init__(name, table, *columns)
        self.code, self.reverse_code = self.reverse_code, self.code
