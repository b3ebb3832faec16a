"""Changing what visitors reach: first the row, in the caller's transaction; then the edge, from the committed row."""

from golive.ship.traffic.operations.edge import (
    PortTaken,
    apply,
    check_port,
    desired,
    drained,
    in_flight,
    move,
    register_static,
)
from golive.ship.traffic.operations.rows import (
    SiteLocked,
    forget,
    lock,
    open_site,
    set_backend,
    set_maintenance,
    set_split,
    unlock,
)

__all__ = [
    "PortTaken", "SiteLocked", "apply", "check_port", "desired", "drained", "forget", "in_flight", "lock", "move", "open_site",
    "register_static", "set_backend", "set_maintenance", "set_split", "unlock",
]  # fmt: skip
