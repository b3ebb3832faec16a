"""Revisions of repositories, and the artifacts that are built from them, once each."""
