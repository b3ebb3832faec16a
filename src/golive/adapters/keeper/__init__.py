"""One small keeper per process: starts it, backs off, stops it gracefully, captures its output."""

from golive.adapters.keeper.keepers import Keepers

__all__ = ["Keepers"]
