"""The control room's ASGI application."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()

from golive.runtime import wiring  # noqa: E402  needs Django to be set up

wiring.bind_all()
