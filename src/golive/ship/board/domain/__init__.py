"""What the pages of releases show, made from facts that are already read."""

from golive.ship.board.domain.rivers import deploys, rivers

__all__ = ["deploys", "rivers"]
