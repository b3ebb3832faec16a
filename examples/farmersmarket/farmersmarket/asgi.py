"""The ASGI application."""

import os
import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, Any

import django
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings
from django.core.exceptions import RequestAborted, RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.db import connections
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farmersmarket.settings")
# Enough for a photograph of any telephone, whose farmer is then told in the form that it is too large.
MOST_BYTES = 32 * 1024 * 1024


class Handler(ASGIHandler):
    """Runs middleware and view in one piece on the request's thread.

    All of them are synchronous here; Django would change threads at each, which costs more than they do. Live
    streams are asynchronous bodies and hold neither a thread nor a connection of the database.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().handle(scope, receive, send)
        except RequestDataTooBig:
            from farmersmarket.answers.problems import document

            words = f"Send at most {MOST_BYTES // 1024 // 1024} MiB at once."
            refusal = document(413, "Too large", words)
            refusal.headers["Connection"] = "close"
            await self.send_response(refusal, send)

    async def read_body(self, receive: Callable[[], Awaitable[Any]]) -> IO[bytes]:
        """Django's own takes a body of any size onto the disk, before anybody asks who sends it."""
        body = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - the handler closes it
            settings.FILE_UPLOAD_MAX_MEMORY_SIZE, "w+b"
        )
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            if message["type"] == "http.disconnect" or size > MOST_BYTES:
                body.close()
                raise RequestDataTooBig if size > MOST_BYTES else RequestAborted
            body.write(message.get("body", b""))
            more = message.get("more_body", False)
        body.seek(0)
        return body  # type: ignore[return-value]

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:
        response = await sync_to_async(self._answered, thread_sensitive=True)(request)
        if response.streaming:
            _leave_thread()
        return response

    def _answered(self, request: ASGIRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.streaming:
            # Django keeps it until the end of the answer: fifty streams would be all that the pool has.
            connections.close_all()
        return response


def _leave_thread() -> None:
    # Ends the thread that asgiref keeps for each request; the end of the stream takes another for a moment.
    context = SyncToAsync.thread_sensitive_context.get()
    SyncToAsync.context_to_thread_executor.pop(context).shutdown(wait=False)


django.setup(set_prefix=False)
application = Handler()
