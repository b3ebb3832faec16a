"""What the pages of releases show, made from facts that are already read."""

from golive.ship.board.domain.news import evidence_tables
from golive.ship.board.domain.rivers import deploys, rivers

__all__ = ["deploys", "evidence_tables", "rivers"]
