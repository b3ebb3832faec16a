"""Outgoing HTTP to addresses that people typed in: guarded against reaching into private networks."""

from golive.adapters.outgoing.http import AddressRefused, Answer, check_host, check_url, post, tls

__all__ = ["AddressRefused", "Answer", "check_host", "check_url", "post", "tls"]
