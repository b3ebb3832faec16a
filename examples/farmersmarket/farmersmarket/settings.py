"""Settings: everything that differs between places comes from the environment."""

import os
from pathlib import Path

from farmersmarket.environment import database_from_url, flag, release, secret_key, words

BASE_DIR = Path(__file__).resolve().parent.parent
DATABASE_PATH = Path(os.environ.get("DATABASE_PATH", BASE_DIR / "data" / "db.sqlite3"))
# While an artifact is built nothing of a place may end in it.
BUILDING = flag("BUILDING")
if not BUILDING:
    DATABASE_PATH.parent.mkdir(parents=True, exist_ok=True)

DEBUG = flag("DEBUG")
SECRET_KEY = "building" if BUILDING else secret_key(DATABASE_PATH.parent)
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "localhost 127.0.0.1 [::1] testserver")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "farmersmarket.answers",
    "farmersmarket.people",
    "farmersmarket.catalog",
    "farmersmarket.orders",
    "farmersmarket.letters",
    "farmersmarket.outbox",
    "farmersmarket.world",
    "farmersmarket",
]
MIDDLEWARE = [
    "golive_app.django.Middleware",
    "farmersmarket.telemetry.ApiTimes",
    "django.middleware.security.SecurityMiddleware",
    "farmersmarket.headers.SecurityHeaders",
    "farmersmarket.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "farmersmarket.urls"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "farmersmarket" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "farmersmarket.pages.basket",
                "farmersmarket.front.page",
            ],
            "builtins": ["farmersmarket.templatetags.market"],
        },
    }
]
ASGI_APPLICATION = "farmersmarket.asgi.application"

DATABASES = {
    "default": database_from_url(os.environ["DATABASE_URL"])
    if os.environ.get("DATABASE_URL")
    else {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE_PATH,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
        },
    }
}
if os.environ.get("REPLICA_URL"):
    DATABASES["replica"] = database_from_url(os.environ["REPLICA_URL"])
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS = ["farmersmarket.replicas.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Person"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# In process by default; CACHE_URL names a Redis or Valkey that all processes share.
CACHE_URL = os.environ.get("CACHE_URL", "")
_IN_PROCESS = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "OPTIONS": {"MAX_ENTRIES": 5_000},
}
_SHARED = {"BACKEND": "farmersmarket.cache.backend.SharedCache", "LOCATION": CACHE_URL}
CACHES = {
    "default": (_SHARED if CACHE_URL else {**_IN_PROCESS, "LOCATION": "market"}),
    "own": {**_IN_PROCESS, "LOCATION": "own"},
}
# A cache of one process would show others' sessions as they were.
SESSION_ENGINE = "farmersmarket.cache.sessions" if CACHE_URL else "farmersmarket.sessions"

LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"

SECURE_COOKIES = flag("SECURE_COOKIES")
SESSION_COOKIE_NAME = "market_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
CSRF_COOKIE_NAME = "market_csrf"
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_TLS_PROXY") else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

TIME_ZONE = os.environ.get("TIME_ZONE", "Europe/Berlin")
USE_TZ = True
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# s3://bucket/prefix and the like, instead of the folder MEDIA_ROOT.
MEDIA_STORE = os.environ.get("MEDIA_STORE", "")
STORAGES = {
    "default": {
        "BACKEND": "farmersmarket.media.StoredMedia",
        "OPTIONS": {"address": MEDIA_STORE, "insecure": flag("MEDIA_STORE_INSECURE")},
    }
    if MEDIA_STORE
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "farmersmarket.static_files.Storage"},
}
WHITENOISE_USE_FINDERS = not STATIC_ROOT.exists()
WHITENOISE_AUTOREFRESH = False

# Mail waits in the outbox until EMAIL_HOST is set.
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Farmers Market <market@example.org>")
TWILIO_URL = os.environ.get("TWILIO_URL", "https://api.twilio.com").rstrip("/")
TWILIO_ACCOUNT_SID = os.environ.get("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = os.environ.get("TWILIO_AUTH_TOKEN", "")
TWILIO_FROM = os.environ.get("TWILIO_FROM", "")
# Within an hour, 0 for as many as they like: of one account, or of one guest's address from one network ...
ORDERS_OF_CUSTOMER = int(os.environ.get("ORDERS_OF_CUSTOMER", "10"))
# ... and of all guests of one network.
ORDERS_OF_NETWORK = int(os.environ.get("ORDERS_OF_NETWORK", "60"))
# After so many days nobody knows any more who a guest was that ordered something.
KEEP_CUSTOMERS_DAYS = int(os.environ.get("KEEP_CUSTOMERS_DAYS", "730"))
# Of the place's release, in what browsers keep and report.
RELEASE = release()
SERVICE_WORKER = os.environ.get("SERVICE_WORKER", "on").lower() not in ("0", "false", "no", "off")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")

MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", BASE_DIR / "media"))
MEDIA_URL = "/media/"

PAYMENT_URL = os.environ.get("PAYMENT_URL", "").rstrip("/")
PAYMENT_TIMEOUT = 2.0
STRIPE_API_KEY = os.environ.get("STRIPE_API_KEY", "")
STRIPE_WEBHOOK_SECRET = os.environ.get("STRIPE_WEBHOOK_SECRET", "")
STRIPE_URL = os.environ.get("STRIPE_URL", "https://api.stripe.com").rstrip("/")

# serve.py and the worker write JSON lines; Django's own configuration would add a second format.
LOGGING_CONFIG = None
