"""People, their roles, sessions, API tokens and one-time login links; denies by default."""
