"""States of gates, reports that gates write, and what both mean together."""

from golive.ship.gates.domain.states import GateState

__all__ = ["GateState"]
