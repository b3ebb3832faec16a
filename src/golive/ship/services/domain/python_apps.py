"""Detection of Python web apps: what makes one, and where Python has to start to import it."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from golive.ship.services.domain import django_apps
from golive.ship.services.domain.findings import Files, Findings
from golive.ship.services.domain.projects import build_commands, has, home, prefix, test_gates, under
from golive.ship.services.domain.servers import AIOHTTP, GUNICORN, UVICORN, Server
from golive.ship.services.domain.shell import run_in
from golive.ship.services.domain.traces import sources, sqlite_files, upload_folders

_IS = r"^(?P<app>\w+)\s*(?::[^=\n]+)?=\s*(?:[\w.]+\.)?"
_CREATE = r"(?P<factory>(?:create|make|build|get)_(?:\w+_)?app(?:lication)?)"
_CALLED = re.compile(rf"{_IS}{_CREATE}\(", re.M)
_FACTORY = re.compile(rf"^def {_CREATE}\((?P<takes>[^)]*)\)", re.M)
_NAMES = r"(?P<app>app|application|asgi|wsgi)"
_ASGI = re.compile(rf"^async def {_NAMES}\(\s*scope\b[^,]*,\s*receive\b[^,]*,\s*send\b", re.M)
_WSGI = re.compile(rf"^def {_NAMES}\(\s*environ\b[^,]*,\s*start_response\b", re.M)
_SERVES_ITSELF = re.compile(
    r"^(?:(?:\w*app|application|server|api|web|uvicorn|bottle)\.)?(?:run|run_app|serve)\(", re.M
)
_IMPORTED = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.M)
_RELATIVE = re.compile(r"^\s*from\s+\.", re.M)
_PREFERRED = ("main", "app", "asgi", "wsgi", "server", "api", "application", "run", "__init__")


@dataclass(frozen=True)
class Framework:
    """What apps are made of: a class, the word that its files hold besides, and what serves it."""

    kind: str
    package: str
    made: str
    server: Server

    def finds(self, text: str, before: str = "") -> re.Match[str] | None:
        """Return where a file makes such an app, None in one that has nothing to do with the framework."""
        return re.search(rf"{before}\b(?:{self.made})\(", text, re.M) if self.package in text.lower() else None


FRAMEWORKS = (
    Framework("FastAPI app", "fastapi", "FastAPI", UVICORN),
    Framework("Starlette app", "starlette", "Starlette", UVICORN),
    Framework("Quart app", "quart", "Quart", UVICORN),
    Framework("Litestar app", "litestar", "Litestar", UVICORN),
    Framework("Sanic app", "sanic", "Sanic", UVICORN),
    Framework("BlackSheep app", "blacksheep", "Application", UVICORN),
    Framework("Flask app", "flask", "Flask", GUNICORN),
    Framework("aiohttp app", "aiohttp", "Application", AIOHTTP),
    Framework("Bottle app", "bottle", "Bottle|default_app", GUNICORN),
    Framework("Falcon app", "falcon", "App|API", GUNICORN),
)
BARE = ((_ASGI, Framework("ASGI app", "", "", UVICORN)), (_WSGI, Framework("WSGI app", "", "", GUNICORN)))


@dataclass(frozen=True)
class Hit:
    """An app in a file, by its name there; a `factory` makes it when it is called. The lower `order`, the surer."""

    path: str
    app: str
    framework: Framework
    order: int
    factory: bool = False


def find(files: Files) -> Findings | None:
    """Return what kind of Python web app this is, None when it is none that is known."""
    found = django_apps.find(files)
    if found:
        return found
    hit = min(_hits(files), key=_rank, default=None)
    return _served(files, hit) if hit else None


def _hits(files: Files) -> Iterator[Hit]:
    # A program that serves as soon as it is imported is nothing that a server can import.
    texts = [(p, t) for p, t in sources(files) if p.endswith(".py") and not _SERVES_ITSELF.search(t)]
    factories = {made["factory"]: framework for _, text in texts for made, framework in _factories(text)}
    for path, text in texts:
        for framework in FRAMEWORKS:
            if made := framework.finds(text, _IS):
                yield Hit(path, made["app"], framework, 0)
        for called in _CALLED.finditer(text):
            if called["factory"] in factories:
                yield Hit(path, called["app"], factories[called["factory"]], 1)
        for made, framework in _factories(text):
            if not _asks(made["takes"]):
                yield Hit(path, made["factory"], framework, 2, factory=True)
        for pattern, framework in BARE:
            if made := pattern.search(text):
                yield Hit(path, made["app"], framework, 3)


def _factories(text: str) -> Iterator[tuple[re.Match[str], Framework]]:
    framework = next((framework for framework in FRAMEWORKS if framework.finds(text)), None)
    if framework:
        yield from ((made, framework) for made in _FACTORY.finditer(text))


def _asks(takes: str) -> bool:
    """Say whether a function cannot be called without arguments, from what stands between its parentheses."""
    parameters = re.sub(r"\[[^\[\]]*\]|#.*", "", takes).split(",")
    return any(one.strip() and "=" not in one and not one.strip().startswith(("*", "/")) for one in parameters)


def _rank(hit: Hit) -> tuple[int, int, int, str]:
    """Rank what was found: near the top, sure, with a usual name."""
    stem = PurePosixPath(hit.path).stem
    usual = _PREFERRED.index(stem) if stem in _PREFERRED else len(_PREFERRED)
    return hit.path.removeprefix("src/").count("/"), hit.order, usual, hit.path


def _served(files: Files, hit: Hit) -> Findings:
    root = _root(files, hit)
    base = "" if root == "src" else root  # that folder is on Python's path anyway
    module = hit.path.removeprefix(prefix(root)).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    app, server, project = f"{module}:{hit.app}", hit.framework.server, home(files, hit.path)
    databases = keep = sqlite_files(files, base)
    if databases and has(files, "flask-sqlalchemy", project):
        # Flask-SQLAlchemy puts relative files into the instance folder, which is beside the app.
        instance = under(root, "instance")
        named = under(instance, sqlite_files(files)[0].removeprefix("instance/"))
        databases, keep = (named,), (f"{instance}/",)
    needs = [package for package in (hit.framework.package, server.package) if package]
    return Findings(
        kind=hit.framework.kind,
        processes={"web": run_in(base, server.command(app, is_factory=hit.factory))},
        build=build_commands(files, project, *needs),
        keep=keep + upload_folders(files, base),
        sqlite=databases[0] if databases else "",
        migrate=_migrations(files, base, project, app),
        gates=test_gates(files, project),
    )


def _migrations(files: Files, base: str, project: str, app: str) -> str:
    alembic = next((folder for folder in (base, project, "") if under(folder, "alembic.ini") in files), None)
    if alembic is not None:
        return run_in(alembic, "alembic upgrade head")
    return run_in(base, f"flask --app {app} db upgrade") if has(files, "flask-migrate", project) else ""


def _root(files: Files, hit: Hit) -> str:
    """Return the folder that the imports of an app's file begin in, as far as they say it."""
    text, parts = files[hit.path], hit.path.removesuffix(".py").split("/")
    folder, stem = "/".join(parts[:-1]), parts[-1]
    imported = set(_IMPORTED.findall(text)) - {hit.framework.package}
    for depth in reversed(range(len(parts) - 1)):
        named = rf"['\"](?:\./)?{re.escape(parts[depth])}(?:/|\.{re.escape(stem)}\b)"
        if parts[depth] in imported or re.search(named, text):
            return "/".join(parts[:depth])
    beside = {name for name in imported - sys.stdlib_module_names if under(folder, f"{name}.py") in files}
    if stem == "__init__" or _RELATIVE.search(text) or (under(folder, "__init__.py") in files and not beside):
        return _out_of_packages(files, folder)
    return "src" if folder.startswith("src/") else folder


def _out_of_packages(files: Files, folder: str) -> str:
    """Return the first folder above a package that is none itself."""
    above = under("", str(PurePosixPath(folder).parent))
    return _out_of_packages(files, above) if above and under(above, "__init__.py") in files else above
