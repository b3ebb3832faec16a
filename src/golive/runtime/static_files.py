"""The control room's own style sheets, scripts and pictures, with the caching of WhiteNoise."""

from contextlib import nullcontext

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # the library has no types
    """WhiteNoise under ASGI, where a file that is streamed is read on the event loop while every live page waits."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Return the file, read whole in this request's own thread; the largest, of the API's docs, has 3 MB."""
        found = static_file.get_response(request.method, request.META)
        with found.file or nullcontext() as file:
            response = HttpResponse(file.read() if file else b"", status=int(found.status))
        del response.headers["Content-Type"]  # WhiteNoise says its own, and none with 304
        for name, value in found.headers:
            response.headers[name] = value
        return response
