"""Health, readiness, route labels and telemetry for a web app, in one call.

>>> app = golive_app.setup(app)          # Flask, WSGI, ASGI (Starlette, FastAPI, ...)

Django takes ``golive_app.django.Middleware`` as the first entry of ``MIDDLEWARE``. Everything follows the
standard OpenTelemetry variables and stays quiet without them.
"""

from golive_app.checks import Down, Outcome, check
from golive_app.hiding import hide
from golive_app.logs import install as json_logs
from golive_app.setting_up import setup
from golive_app.telemetry import counter, flush, histogram, inject, span, start

__all__ = [
    "Down",
    "Outcome",
    "check",
    "counter",
    "flush",
    "hide",
    "histogram",
    "inject",
    "json_logs",
    "setup",
    "span",
    "start",
]
__version__ = "0.1.0"
