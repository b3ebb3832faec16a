"""News between capabilities: announced in the writer's transaction, travelling upward without imports.

An announcement is a row of the event log and, in the same transaction, a call of every subscriber. A subscriber
that fails is rolled back alone and tried again later: it can never undo what it was told about.
"""

from golive.kernel.events.announcing import Announcement, announce, subscribe

__all__ = ["Announcement", "announce", "subscribe"]
