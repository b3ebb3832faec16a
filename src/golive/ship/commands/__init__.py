"""Foreign commands that run to their end: builds, gates, migrations."""
