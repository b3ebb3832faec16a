"""What other floors ask about releases by name."""

from golive.ship.releases import queries as releases


class Names:
    """What people call a release."""

    def versions(self, wanted: set[str]) -> dict[str, str]:
        """Return the version of each known release id."""
        return releases.versions(wanted)
