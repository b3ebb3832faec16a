"""Ports bound to adapters: the one place that knows both."""


def bind_all() -> None:
    """Bind every port for this process; safe to call again."""
