"""Measures the market on this machine: ``python -m bench``."""
