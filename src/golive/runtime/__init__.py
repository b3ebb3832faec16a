"""Composition root: settings, urls, wiring of ports to adapters, the processes."""
