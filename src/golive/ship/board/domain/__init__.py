"""What the pages of releases show, made from facts that are already read."""

from golive.ship.board.domain.news import evidence_tables
from golive.ship.board.domain.rivers import broken_off, deploys, rivers

__all__ = ["broken_off", "deploys", "evidence_tables", "rivers"]
