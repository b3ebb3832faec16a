"""Approvals: people who say yes or no to a digest, with their name, before a time."""
