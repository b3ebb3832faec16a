"""Django's settings; the only ones."""

import logging

from golive.kernel.config import settings as golive_settings
from golive.runtime.database import database

_settings = golive_settings()

BASE_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",
]
FLOORS = {
    "golive.kernel": ["events", "durable", "audit", "access", "ui"],
    "golive.watch": ["telemetry"],
    "golive.ship": [
        "services",
        "gates",
        "databases",
        "traffic",
        "approvals",
        "judge",
        "releases",
        "evidence",
        "board",
    ],
    "golive.respond": [
        "channels",
        "oncall",
        "incidents",
        "paging",
        "notices",
        "statuspage",
        "overview",
    ],
}

SECRET_KEY = _settings.secret()
DEBUG = _settings.debug
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *filter(None, _settings.allowed_hosts.split(",")),
]
if _settings.public_url:
    ALLOWED_HOSTS.append(_settings.public_url.split("://")[-1].split("/")[0].split(":")[0])
INSTALLED_APPS = BASE_APPS + [f"{floor}.{app}" for floor, apps in FLOORS.items() for app in apps]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "golive.runtime.static_files.StaticFiles",
    "golive.runtime.middleware.SecurityHeaders",
    "golive.runtime.middleware.Problems",
    "golive.runtime.middleware.Seen",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "golive.runtime.urls"
ASGI_APPLICATION = "golive.runtime.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "golive.runtime.context.frame",
            ],
            "builtins": ["golive.kernel.ui.templatetags.ui"],
        },
    }
]
DATABASES = {"default": database(_settings)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "access.Person"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login"
# Cookies ignore ports: an app under test on the same host must neither see nor overwrite these.
SESSION_COOKIE_NAME = "golive_session"
CSRF_COOKIE_NAME = "golive_csrf"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _settings.public_url.startswith("https://")
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None
# It writes the paths of answers that are errors, and a login link is one. Faults are logged by golive.runtime.faults.
logging.getLogger("django.request").disabled = True
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"  # golive's mail goes through its own outbox
