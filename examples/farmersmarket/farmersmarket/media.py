"""Pictures in an object store: S3 and what speaks like it, Azure, Google, by one variable.

``MEDIA_STORE=s3://bucket/prefix`` (``az://``, ``gs://``); credentials and endpoint come from the store's own standard
variables, such as ``AWS_ACCESS_KEY_ID`` and ``AWS_ENDPOINT``. Browsers get pictures from the market, never from there.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

import golive_app
import obstore
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

SECONDS = 5
RETRIES = 1


class MediaDownError(OSError):
    """The store does not answer, or refuses."""


@lru_cache(maxsize=4)
def _store(address: str, insecure: bool) -> ObjectStore:
    return from_url(
        address,
        client_options={
            "timeout": f"{SECONDS}s",
            "connect_timeout": "1s",
            "allow_http": insecure,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=SECONDS)},
    )


class StoredMedia(Storage):
    """Django's storage over obstore. Raises ``MediaDownError``, and ``FileNotFoundError`` for what is not there."""

    def __init__(self, address: str, base_url: str = "/media/", insecure: bool = False) -> None:
        self._address = address
        self._base_url = base_url
        self._insecure = insecure

    def _ask(self, name: str, call: Any, *args: Any) -> Any:
        try:
            with golive_app.span(f"{name} media", server__address=self._address):
                return call(_store(self._address, self._insecure), *args)
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise MediaDownError(type(error).__name__) from error

    def _open(self, name: str, mode: str = "rb") -> File:
        found = self._ask("GET", obstore.get, name)
        return ContentFile(bytes(found.bytes()), name=name)

    def _save(self, name: str, content: File) -> str:
        content.seek(0)
        self._ask("PUT", obstore.put, name, content.read())
        return name

    def delete(self, name: str) -> None:
        try:
            self._ask("DELETE", obstore.delete, name)
        except FileNotFoundError:
            return

    def exists(self, name: str) -> bool:
        try:
            self._ask("HEAD", obstore.head, name)
        except FileNotFoundError:
            return False
        return True

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        # Names carry 64 random bits: asking whether one is taken would be a call for nothing.
        return name

    def url(self, name: str | None) -> str:
        return self._base_url + (name or "")
