"""Sessions in the database that tell a database which is away from a session which is gone."""

from typing import Any

from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as InDatabase

from farmersmarket.troubles import AWAY


class SessionStore(InDatabase):
    """Django's own answers 400 for both, as if the visitor had logged out meanwhile."""

    @classmethod
    def get_model_class(cls) -> Any:
        return InDatabase.get_model_class()

    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create=must_create)
        except UpdateError as error:
            if isinstance(error.__context__, AWAY):
                raise error.__context__ from None
            raise
