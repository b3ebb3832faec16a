"""What other floors ask about releases by name."""

from golive.ship.releases import queries as releases

KNOWN = 500  # releases, the newest; older ones are called by their id


class Names:
    """What people call a release."""

    def versions(self, wanted: set[str]) -> dict[str, str]:
        """Return the version of each known release id."""
        if not wanted:
            return {}
        return {one.id: one.version for one in releases.releases(limit=KNOWN) if one.id in wanted}
