"""The first page: what needs a person, what happened, and one row for each place."""
