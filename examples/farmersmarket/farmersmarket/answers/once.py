"""Idempotency keys: the same key with the same request gives the first answer again."""

import hashlib
import re
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from farmersmarket.answers.models import KeptAnswer
from farmersmarket.answers.problems import Conflict, Invalid

AT_ONCE = "The same was written at this moment. Please send it again."
_KEY = re.compile(r"[\x21-\x7e]{1,100}")


def _nothing() -> None:
    """There is nothing to prepare."""


def once(
    request: HttpRequest,
    person_id: int,
    act: Callable[[], HttpResponse],
    *,
    prepare: Callable[[], None] = _nothing,
    content: bytes | None = None,
) -> HttpResponse:
    """Runs ``act`` in a transaction, at most once for an ``Idempotency-Key``; always without one.

    ``prepare`` is what takes long: it runs before the transaction, and not for a repeat. ``content`` stands for a body
    of several parts, whose boundaries are new each time.
    Raises ``Invalid`` for a malformed key and ``Conflict`` when the key came with another request before, or when
    somebody wrote at the same moment what may be there once.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        prepare()
        try:
            with transaction.atomic():
                return act()
        except IntegrityError as error:
            raise Conflict(AT_ONCE) from error
    if not _KEY.fullmatch(key):
        raise Invalid("Idempotency-Key", "use 1 to 100 printable ASCII characters")
    fingerprint = hashlib.sha256(request.body if content is None else content).hexdigest()
    place = {"person_id": person_id, "address": request.path[:200], "key": key}
    earlier = KeptAnswer.objects.filter(**place).first()
    if earlier:
        return _again(earlier, fingerprint)
    prepare()
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.filter(**place).first()
            return _again(kept, fingerprint) if kept else _first(place, fingerprint, act)
    except IntegrityError as error:
        kept = KeptAnswer.objects.filter(**place).first()
        if kept is None:
            raise Conflict(AT_ONCE) from error
        return _again(kept, fingerprint)


def _first(
    place: dict[str, object], fingerprint: str, act: Callable[[], HttpResponse]
) -> HttpResponse:
    response = act()
    KeptAnswer.objects.create(
        **place,
        fingerprint=fingerprint,
        status=response.status_code,
        body=response.content.decode(),
        etag=response.headers.get("ETag", ""),
        created_at=timezone.now(),
    )
    return response


def _again(kept: KeptAnswer, fingerprint: str) -> HttpResponse:
    if kept.fingerprint != fingerprint:
        raise Conflict("This idempotency key was used for another request.")
    response = HttpResponse(kept.body, status=kept.status, content_type="application/json")
    response.headers["Idempotent-Replay"] = "true"
    if kept.etag:
        response.headers["ETag"] = kept.etag
    return response
