"""Detection of Python web apps: Django, ASGI, Flask, WSGI, and how their environment is built."""

import re
from pathlib import PurePosixPath

from golive.ship.services.domain.findings import Files, Findings
from golive.ship.services.domain.traces import sources, sqlite_files, upload_folders

_ASGI = re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?(FastAPI|Starlette|Quart|Litestar|BlackSheep)\(", re.M)
_FLASK = re.compile(r"^(\w+)\s*(?::[^=\n]+)?=\s*(?:\w+\.)?Flask\(", re.M)
_FACTORY = re.compile(r"^def (create_app|make_app|build_app)\(", re.M)
_WSGI = re.compile(
    r"^(?:(\w+)\s*=\s*(?:\w+\.)?(?:Bottle|API|App|Application|default_app)\(|def (application)\(\s*environ)",
    re.M,
)
_PREFERRED = ("main", "app", "asgi", "wsgi", "server", "api", "application", "run", "__init__")
GUNICORN = "gunicorn {app} --bind 127.0.0.1:$PORT --threads 8"
UVICORN = "uvicorn {app} --host 127.0.0.1 --port $PORT"


def find(files: Files) -> Findings | None:
    """Return what kind of Python web app this is, None when it is none that is known."""
    return _django(files) or _asgi(files) or _flask(files) or _wsgi(files)


def build_commands(files: Files, base: str, *needs: str) -> tuple[str, ...]:
    """Return the commands that make `.venv`; `needs` are packages that have to be there, named or not."""
    wanted = [need for need in needs if not has(files, need)]
    extra = (f"uv pip install {' '.join(wanted)}",) if wanted else ()
    place = f"{base}/" if base else ""
    if "uv.lock" in files:
        return ("uv sync --frozen", *extra)
    requirements = next((p for p in ("requirements.txt", f"{place}requirements.txt") if p in files), "")
    if requirements:
        return ("uv venv", " ".join([f"uv pip install -r {requirements}", *wanted]))
    if "pyproject.toml" in files:
        text = files["pyproject.toml"]
        packaged = "[build-system]" in text or "[project]" not in text
        return (
            "uv venv",
            " ".join(["uv pip install", "." if packaged else "-r pyproject.toml", *wanted]),
        )
    if "setup.py" in files or "setup.cfg" in files:
        return ("uv venv", " ".join(["uv pip install .", *wanted]))
    return ("uv venv", *extra)


def has(files: Files, package: str) -> bool:
    """Say whether the repository names a package among its dependencies."""
    named = re.compile(rf"(?<![\w-]){re.escape(package)}(?![\w-])", re.I)
    return any(
        named.search(text)
        for path, text in files.items()
        if PurePosixPath(path).name
        in {"requirements.txt", "pyproject.toml", "uv.lock", "setup.py", "setup.cfg", "Pipfile"}
    )


def test_gates(files: Files) -> tuple[tuple[str, str], ...]:
    """Return the gate of the tests where the environment will have pytest."""
    locked = "uv.lock" in files and has(files, "pytest")
    listed = re.search(r"^pytest\b", files.get("requirements.txt", ""), re.M)
    tests = any(re.search(r"(^|/)(test_[^/]*|[^/]*_test)\.py$", path) for path in files)
    return (("tests", "python -m pytest -q"),) if tests and (locked or listed) else ()


def _django(files: Files) -> Findings | None:
    manage = next((p for p in sorted(files, key=len) if PurePosixPath(p).name == "manage.py"), None)
    named = re.search(r"DJANGO_SETTINGS_MODULE['\"],\s*['\"]([\w.]+)['\"]", files.get(manage or "", ""))
    if manage is None or named is None:
        return None
    base = _folder(manage)
    package = named[1].split(".")[0]
    settings = "".join(text for path, text in sources(files) if "settings" in path)
    asynchronous = (has(files, "channels") or has(files, "daphne")) and f"{_in(base, package)}/asgi.py" in files
    server = "uvicorn" if asynchronous else "gunicorn"
    app = UVICORN.format(app=f"{package}.asgi:application") if asynchronous else GUNICORN.format(app=f"{package}.wsgi")
    build = list(build_commands(files, base, "django", server))
    if "STATIC_ROOT" in settings:
        build.append(cd(base, ".venv/bin/python manage.py collectstatic --noinput", up=True))
    databases = sqlite_files({p: t for p, t in files.items() if "settings" in p or p.endswith(".env")}, base)
    return Findings(
        kind="Django app",
        processes={"web": cd(base, app)},
        build=tuple(build),
        keep=databases + upload_folders(files, base),
        sqlite=databases[0] if databases else "",
        migrate=cd(base, "python manage.py migrate --noinput"),
        gates=(("check", cd(base, "python manage.py check")), *test_gates(files)),
    )


def _asgi(files: Files) -> Findings | None:
    found = _first(files, _ASGI)
    if found is None:
        return None
    path, match = found
    return _served(files, path, match[1], f"{match[2]} app", "uvicorn", UVICORN)


def _flask(files: Files) -> Findings | None:
    found = _first(files, _FLASK)
    if found is not None:
        return _served(files, found[0], found[1][1], "Flask app", "gunicorn", GUNICORN)
    factories = {path: text for path, text in files.items() if "Flask(" in text}
    found = _first(factories, _FACTORY)
    if found is None:
        return None
    return _served(files, found[0], f"{found[1][1]}()", "Flask app", "gunicorn", GUNICORN)


def _wsgi(files: Files) -> Findings | None:
    found = _first({p: t for p, t in files.items() if p.endswith(".py")}, _WSGI)
    if found is None:
        return None
    return _served(files, found[0], found[1][1] or found[1][2], "WSGI app", "gunicorn", GUNICORN)


def _served(files: Files, path: str, name: str, kind: str, server: str, command: str) -> Findings:
    base, module = _module(files, path)
    app = f"{module}:{name}"
    line = command.format(app=f"'{app}'" if "(" in app else app)
    databases = sqlite_files(files, base)
    keep = databases
    if kind == "Flask app" and databases and has(files, "flask-sqlalchemy"):
        # Flask-SQLAlchemy puts relative files into the instance folder.
        inside = (databases[0] if databases[0].startswith("instance/") else f"instance/{databases[0]}",)
        databases, keep = inside, ("instance/",)
    return Findings(
        kind=kind,
        processes={"web": cd(base, line)},
        build=build_commands(files, base, server),
        keep=keep + upload_folders(files, base),
        sqlite=databases[0] if databases else "",
        migrate=_migrations(files),
        gates=test_gates(files),
    )


def _migrations(files: Files) -> str:
    if "alembic.ini" in files:
        return "alembic upgrade head"
    return "flask db upgrade" if has(files, "flask-migrate") else ""


def _first(files: Files, pattern: re.Pattern[str]) -> tuple[str, re.Match[str]] | None:
    """Return the likeliest file that matches: near the top, with a usual name."""
    hits = [(path, m) for path, text in sources(files) if path.endswith(".py") and (m := pattern.search(text))]
    return min(hits, key=lambda hit: _rank(hit[0]), default=None)


def _rank(path: str) -> tuple[int, int, str]:
    stem = PurePosixPath(path).stem
    usual = _PREFERRED.index(stem) if stem in _PREFERRED else len(_PREFERRED)
    return path.removeprefix("src/").count("/"), usual, path


def _module(files: Files, path: str) -> tuple[str, str]:
    """Return the folder to start in and the module's name from there."""
    folder = _folder(path)
    inner = path.removeprefix("src/")
    if not folder or path.startswith("src/") or f"{folder}/__init__.py" in files:
        name = inner.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return "", name
    return folder, PurePosixPath(path).stem


def _folder(path: str) -> str:
    folder = str(PurePosixPath(path).parent)
    return "" if folder == "." else folder


def _in(base: str, path: str) -> str:
    return f"{base}/{path}" if base else path


def cd(base: str, command: str, *, up: bool = False) -> str:
    """Return a command that is run in a folder of the repository; `up`: its program is named from the top."""
    if not base:
        return command
    return f"cd {base} && {'../' * (base.count('/') + 1) if up else 'exec '}{command}"
