"""How a gate can stand."""

from enum import StrEnum


class GateState(StrEnum):
    """How a gate stands. UNKNOWN (no result to be had) is not a pass."""

    RUNNING = "RUNNING"
    PASS = "PASS"  # noqa: S105  a state, not a password
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"
