"""golive.toml: its types, its JSON Schema, and writing one for a repository."""
