"""The door to the telemetry store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from golive.kernel.problems import Problem
from golive.kernel.ui.draw import Mark


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


class Chronicle(Protocol):
    """Who knows what happened at a place while its telemetry was written."""

    def marks(self, site: str, since: datetime, until: datetime) -> Sequence[Mark]:
        """Return the releases that came and went at `site` (service/environment) and its incidents, as marks of a chart."""
        ...
