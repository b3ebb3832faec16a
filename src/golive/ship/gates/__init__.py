"""Checks that a release has to pass, their logs and their proofs."""
