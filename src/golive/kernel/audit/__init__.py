"""Who did what: an append-only log in one hash chain, so that an edit, a deletion or a reordering shows."""

from golive.kernel.audit.chain import record, verify

__all__ = ["record", "verify"]
