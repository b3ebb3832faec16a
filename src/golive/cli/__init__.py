"""The `golive` command: parses, calls the API, prints."""
