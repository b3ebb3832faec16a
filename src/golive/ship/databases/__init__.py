"""Backups that were restored once to prove them, migrations that run once, and the way back."""
