"""Pictures as browsers get them, from wherever they are kept."""

import logging
import re

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from farmersmarket.answers.problems import Unavailable, answer

log = logging.getLogger(__name__)
_PICTURE = re.compile(r"products/p\d+-[0-9a-f]{16}-\d+\.webp")


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponse:
    """A picture; its name never comes again, so it may be kept for ever."""
    if not _PICTURE.fullmatch(name):
        raise Http404
    try:
        with default_storage.open(name) as file:
            response = HttpResponse(file.read(), content_type="image/webp")
    except FileNotFoundError as error:
        raise Http404 from error
    except OSError as error:
        log.error("external_failure", extra={"what": "media", "error": type(error).__name__})
        return answer(Unavailable("Pictures cannot be shown at the moment."))
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
