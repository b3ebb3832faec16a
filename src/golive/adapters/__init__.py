"""Foreign machinery behind the ports of the capabilities."""
