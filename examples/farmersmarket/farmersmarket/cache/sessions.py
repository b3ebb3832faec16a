"""Sessions in the database, kept in the shared cache for a minute.

The database is the truth: nobody is logged out and no cart is lost when the cache dies. A minute bounds how long a
session can be seen that was changed while the cache could not be told.
"""

from typing import Any

from django.core.cache import cache

from farmersmarket.sessions import SessionStore as InDatabase

SECONDS = 60


class SessionStore(InDatabase):
    """Reads the cache before the database; writes both."""

    def load(self) -> dict[str, Any]:
        kept = cache.get(self._place())
        if kept is not None:
            return dict(kept)
        facts = super().load()
        if self._session_key and facts:
            # ``add``: whoever wrote in the meantime knows better.
            cache.add(self._place(), facts, self._seconds(facts))
        return facts

    def save(self, must_create: bool = False) -> None:
        super().save(must_create=must_create)
        facts = dict(self._get_session(no_load=must_create))
        cache.set(self._place(), facts, self._seconds(facts))

    def delete(self, session_key: str | None = None) -> None:
        super().delete(session_key)
        if session_key or self._session_key:
            cache.delete(f"session:{session_key or self._session_key}")

    def _place(self) -> str:
        return f"session:{self._session_key}"

    def _seconds(self, facts: dict[str, Any]) -> int:
        return min(SECONDS, int(facts.get("_session_expiry") or SECONDS))
