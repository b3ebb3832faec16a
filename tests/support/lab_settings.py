"""The smallest Django that durable work needs, for processes that tests start and kill."""

from golive.kernel.config import settings
from golive.runtime.database import database

SECRET_KEY = "laboratory"
INSTALLED_APPS = ["golive.kernel.durable"]
DATABASES = {"default": database(settings())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING_CONFIG = None
