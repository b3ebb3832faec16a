"""The ASGI application."""

import os

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "farmersmarket.settings")


class Handler(ASGIHandler):
    """Runs middleware and view in one piece on the request's thread.

    All of them are synchronous here; Django would change threads at each, which costs more than they do. Live
    streams are asynchronous bodies and never hold a thread.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: ASGIRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django.setup(set_prefix=False)
application = Handler()
