"""Binding of ports to adapters: the runtime binds, capabilities ask, tests bind fakes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

Port = TypeVar("Port")
_bound: dict[Any, Any] = {}


def bind(port: type[Port], adapter: Port) -> None:
    """Make `adapter` the one that `the(port)` returns in this process."""
    _bound[port] = adapter


def the(port: type[Port]) -> Port:
    """Return the adapter of a port. Raises LookupError when the runtime bound none."""
    try:
        return cast("Port", _bound[port])
    except KeyError:
        raise LookupError(f"no adapter is bound to {port.__qualname__} in this process") from None


@contextmanager
def bound(port: type[Port], adapter: Port) -> Iterator[Port]:
    """Bind for the length of a `with` block, for tests."""
    before = _bound.get(port)
    _bound[port] = adapter
    try:
        yield adapter
    finally:
        if before is None:
            del _bound[port]
        else:
            _bound[port] = before
