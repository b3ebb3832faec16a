"""What happened at a place, for charts of other floors."""

from collections.abc import Sequence
from datetime import datetime

from golive.kernel.ui.draw import Mark
from golive.respond.incidents import queries as incidents
from golive.ship.releases import queries as releases
from golive.ship.services.domain.manifest import PRODUCTION

MOST = 50


class History:
    """The releases and incidents of a place as marks."""

    def marks(self, site: str, since: datetime, until: datetime) -> Sequence[Mark]:
        """Return first visitors and pulls of each release, and incidents; a release's moments are those in production."""
        service, _, environment = site.partition("/")
        own = releases.releases(service=service, limit=MOST) if environment == PRODUCTION else []
        found = [
            *(Mark(one.serving_at.timestamp(), one.version) for one in own if one.serving_at),
            *(Mark(one.pulled_at.timestamp(), f"{one.version} pulled", "broken") for one in own if one.pulled_at),
            *(
                Mark(one.opened_at.timestamp(), f"#{one.number}", "broken")
                for one in incidents.latest(limit=MOST, service=service)
                if one.site == site
            ),
        ]
        return [mark for mark in found if since.timestamp() <= mark.at <= until.timestamp()]
