"""golive takes a web app to production and keeps it there."""
