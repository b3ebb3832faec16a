"""WhiteNoise, without surprises under ASGI and in a fresh checkout."""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(WhiteNoiseMiddleware):
    """Answers with the file's bytes: a file iterator would be read on the event loop, with a warning."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        answer = static_file.get_response(request.method, request.META)
        with_body = answer.file.read() if answer.file is not None else b""
        response = HttpResponse(with_body, status=int(answer.status), content_type="")
        del response.headers["content-type"]
        for name, value in answer.headers:
            response.headers[name] = value
        if answer.file is not None:
            answer.file.close()
        return response


class Storage(CompressedManifestStaticFilesStorage):
    """Hashed, compressed names after ``collectstatic``; plain names in a checkout where it never ran."""

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name
