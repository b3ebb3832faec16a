"""Outgoing HTTP to addresses that people typed in: guarded against reaching into private networks."""

from golive.adapters.outgoing.http import AddressRefused, Answer, check_url, post

__all__ = ["AddressRefused", "Answer", "check_url", "post"]
