"""The servers that Python apps are given, and how they listen where golive says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Server:
    """A server by its package; `line` holds a place for the app."""

    package: str
    line: str
    factory: str = "{app}()"

    def command(self, app: str, *, is_factory: bool = False) -> str:
        """Return the command that serves an app, such as `shop.main:app`."""
        named = self.factory.format(app=app) if is_factory else app
        return self.line.format(app=f"'{named}'" if "(" in named else named)


GUNICORN = Server("gunicorn", "gunicorn {app} --bind 127.0.0.1:$PORT --threads 8")
UVICORN = Server("uvicorn", "uvicorn {app} --host 127.0.0.1 --port $PORT", factory="--factory {app}")
AIOHTTP = Server("gunicorn", "gunicorn {app} --bind 127.0.0.1:$PORT --worker-class aiohttp.GunicornWebWorker")
