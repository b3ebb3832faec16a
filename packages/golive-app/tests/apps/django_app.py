import logging
import sys

import golive_app
import uvicorn
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

log = logging.getLogger("things")


def thing(request: HttpRequest, number: int) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", [number])
    log.info("thing_shown", extra={"thing": number})
    return HttpResponse("thing")


def boom(request: HttpRequest, name: str) -> HttpResponse:
    raise ValueError(f"a thing broke: {name}")


urlpatterns = [path("things/<int:number>", thing), path("boom/<slug:name>", boom)]

if __name__ == "__main__":
    golive_app.json_logs()
    golive_app.hide(lambda text: text.replace("open-sesame", "..."))
    settings.configure(
        ROOT_URLCONF="__main__",
        MIDDLEWARE=["golive_app.django.Middleware", "django.middleware.common.CommonMiddleware"],
        ALLOWED_HOSTS=["shop.example", "127.0.0.1"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        LOGGING_CONFIG=None,
    )
    uvicorn.run(
        get_asgi_application(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_config=None,
        lifespan="off",
    )
