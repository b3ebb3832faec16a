"""Bare mirrors of repositories, by git."""
