"""What other floors ask about places and releases by name."""

from golive.ship.releases import queries as releases
from golive.ship.services import queries as services


class Names:
    """Which places there are, and what people call a release."""

    def sites(self) -> list[str]:
        """Return every place, by name."""
        return sorted(place.site for place in services.environments())

    def versions(self, wanted: set[str]) -> dict[str, str]:
        """Return the version of each known release id."""
        return releases.versions(wanted)
