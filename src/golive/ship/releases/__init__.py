"""Releases: a revision on its way to production, judged by its own traffic, recorded step by step."""
