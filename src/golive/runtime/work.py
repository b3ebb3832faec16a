"""Everything that registers durable work or listens to events, imported once per process."""

from golive.runtime import redelivery
from golive.ship.evidence import subscribers as evidence_subscribers
from golive.ship.evidence import workflows as evidence_work
from golive.ship.releases import subscribers as release_subscribers
from golive.ship.releases.workflows import engine, housekeeping, tend
from golive.ship.traffic import workflows as traffic_work

LOADED = (
    engine,
    evidence_subscribers,
    evidence_work,
    housekeeping,
    release_subscribers,
    tend,
    traffic_work,
)


def start() -> None:
    """Retry failed deliveries from now on; importing this module has registered the rest."""
    redelivery.start()
