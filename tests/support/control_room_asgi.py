"""The control room's application under the settings of `control_room_settings`."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
