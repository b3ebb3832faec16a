"""Asking replicas directly over HTTP."""

from golive.adapters.http_client.prober import HttpProber

__all__ = ["HttpProber"]
