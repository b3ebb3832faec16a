"""Changing what visitors reach: first the row, in the caller's transaction; then the edge, from the committed row."""

from golive.ship.traffic.operations.edge import (
    PortTaken,
    apply,
    check_port,
    check_settings,
    check_tls,
    desired,
    drained,
    in_flight,
    move,
    register_static,
)
from golive.ship.traffic.operations.rows import (
    SiteLocked,
    forget,
    image,
    lock,
    open_site,
    put_back,
    set_backend,
    set_maintenance,
    set_split,
    unlock,
)

__all__ = [
    "PortTaken",
    "SiteLocked",
    "apply",
    "check_port",
    "check_settings",
    "check_tls",
    "desired",
    "drained",
    "forget",
    "image",
    "in_flight",
    "lock",
    "move",
    "open_site",
    "put_back",
    "register_static",
    "set_backend",
    "set_maintenance",
    "set_split",
    "unlock",
]
