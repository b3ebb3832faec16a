"""Detection of Django projects: which settings serve, what answers, and where the data is."""

import re
from pathlib import PurePosixPath

from golive.ship.services.domain.findings import Files, Findings
from golive.ship.services.domain.projects import build_commands, has, home, prefix, test_gates, under, up
from golive.ship.services.domain.servers import GUNICORN, UVICORN
from golive.ship.services.domain.shell import cd, run_in
from golive.ship.services.domain.traces import sources, sqlite_files, upload_folders

_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE['\"]\]?\s*[,=]\s*['\"]([\w.]+)['\"]")


def find(files: Files) -> Findings | None:
    """Return how a Django project is built and served, None without a manage.py that names its settings."""
    manage = min(
        (p for p in files if PurePosixPath(p).name == "manage.py"), key=lambda p: (p.count("/"), p), default=""
    )
    named = _SETTINGS.search(files.get(manage, ""))
    if named is None:
        return None
    base, project = under("", str(PurePosixPath(manage).parent)), home(files, manage)
    asynchronous = has(files, "channels", project) or has(files, "daphne", project)
    server = UVICORN if asynchronous and _entry(files, base, named[1], "asgi") else GUNICORN
    entry = _entry(files, base, named[1], "asgi" if server is UVICORN else "wsgi")
    settings = _SETTINGS.search(files.get(entry, "")) or named
    # Whoever serves by other settings than manage.py names, such as those for production, migrates by them too.
    option = f" --settings {settings[1]}" if settings[1] != named[1] else ""
    package = settings[1].partition(".")[0]
    module = _module(base, entry) if entry else f"{package}.wsgi"
    configured = _settings_files(files, base, package)
    build = list(build_commands(files, project, "django", server.package))
    if any("STATIC_ROOT" in text for text in configured.values()):
        build.append(cd(base, f"{up(base)}.venv/bin/python manage.py collectstatic --noinput{option}"))
    databases = sqlite_files(configured, base)
    return Findings(
        kind="Django app",
        processes={"web": run_in(base, server.command(f"{module}:application" if server is UVICORN else module))},
        build=tuple(build),
        keep=databases + upload_folders(files, base),
        sqlite=databases[0] if databases else "",
        migrate=run_in(base, f"python manage.py migrate --noinput{option}"),
        gates=(("check", run_in(base, f"python manage.py check{option}")), *test_gates(files, project)),
    )


def _settings_files(files: Files, base: str, package: str) -> Files:
    """Return what settings may be told in: the package that holds them, whatever has their name, and .env files."""
    inside = (f"{under(base, package)}/", under(base, f"{package}.py"))
    return {
        path: text
        for path, text in sources(files)
        if path.startswith(inside) or "settings" in path or path.endswith(".env")
    }


def _entry(files: Files, base: str, settings: str, kind: str) -> str:
    """Return the wsgi.py or asgi.py of the project, the one nearest to its settings; "" without one."""
    package = f"{under(base, settings.partition('.')[0])}/"
    found = [p for p in files if PurePosixPath(p).name == f"{kind}.py" and p.startswith(prefix(base))]
    return min(found, key=lambda path: (not path.startswith(package), path.count("/"), path), default="")


def _module(base: str, path: str) -> str:
    return path.removeprefix(prefix(base)).removesuffix(".py").replace("/", ".")
