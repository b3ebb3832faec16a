"""chDB without pyarrow: it would take that for results as Arrow, which nobody asks for here, and 40 MiB with it."""

import sys

sys.modules.setdefault("pyarrow", None)  # type: ignore[arg-type]

import chdb  # noqa: E402  after its door is shut

__all__ = ["chdb"]
