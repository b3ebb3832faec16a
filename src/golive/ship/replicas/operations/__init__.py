"""Run the processes of a release."""

from golive.ship.replicas.operations.booting import BootFailed, boot, ensure, stop
from golive.ship.replicas.operations.once import run_once, surroundings
from golive.ship.replicas.operations.output import forget_output
from golive.ship.replicas.operations.workers import start_workers, stop_workers

__all__ = [
    "BootFailed",
    "boot",
    "ensure",
    "forget_output",
    "run_once",
    "start_workers",
    "stop",
    "stop_workers",
    "surroundings",
]
