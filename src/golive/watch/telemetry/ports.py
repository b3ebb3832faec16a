"""The door to the telemetry store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from golive.kernel.problems import Problem


class StoreUnavailable(Problem):
    """The store does not answer; what it keeps is not lost and can be asked later."""

    slug = "store-unavailable"
    title = "The telemetry store does not answer"
    status = 503


class QueryRefused(Problem):
    """The store read the statement and refused it; the detail is the store's own words."""

    slug = "query-refused"
    title = "The query was refused"
    status = 400


class TelemetryStore(Protocol):
    """Reads and writes rows of the store; the tables are those of the OpenTelemetry Collector."""

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Run one statement with `{name:Type}` placeholders; times come back aware, in UTC.

        Raises `StoreUnavailable` and `QueryRefused`.
        """
        ...

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows, all of them or none; returns once they are committed.

        Raises `StoreUnavailable` and `QueryRefused`.
        """
        ...


class ReleaseNames(Protocol):
    """Who knows what there is to look at, and what people call a release."""

    def sites(self) -> list[str]:
        """Return every place (service/environment), by name."""
        ...

    def versions(self, wanted: set[str]) -> dict[str, str]:
        """Return the version of each known release id."""
        ...
