"""The pages of releases: the list, the page of one with its judge, the verbs."""

from golive.ship.board.pages.views import act, evidence_of, gate, release, releases

__all__ = ["act", "evidence_of", "gate", "release", "releases"]
