"""The edge by Envoy, configured through files alone."""

from golive.adapters.envoy.bootstrap import edge_argv
from golive.adapters.envoy.router import EnvoyRouter

__all__ = ["EnvoyRouter", "edge_argv"]
