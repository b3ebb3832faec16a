"""SQLite files: online backups, proofs, restores."""

from golive.adapters.sqlite.files import SqliteFiles

__all__ = ["SqliteFiles"]
