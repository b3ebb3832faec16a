"""Python projects: where the dependencies of a file are declared, and the commands that make `.venv` of them."""

import re
from pathlib import PurePosixPath
from shlex import quote

from golive.ship.services.domain.findings import Files
from golive.ship.services.domain.shell import cd, fails, run_in

REQUIREMENTS = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements/base.txt",
    "requirements/common.txt",
)
_DECLARATIONS = (*REQUIREMENTS, "pyproject.toml", "uv.lock", "setup.py", "setup.cfg", "Pipfile")
_TOOLS_ALONE = {  # such a file may hold the settings of tools and nothing else
    "pyproject.toml": re.compile(r"^\[(project|build-system|tool\.poetry)\b", re.M),
    "setup.cfg": re.compile(r"^\[(metadata|options)\b", re.M),
}
NO_PIPFILE_LOCK = "Pipfile.lock is missing: run pipenv lock, and commit it"


def home(files: Files, path: str) -> str:
    """Return the nearest folder above a file that declares dependencies; the top when none does."""
    folders = (under("", str(folder)) for folder in PurePosixPath(path).parents)
    return next((folder for folder in folders if is_project(files, folder)), "")


def is_project(files: Files, folder: str = "") -> bool:
    """Say whether dependencies are declared in a folder."""
    return any(_declares(files, folder, name) for name in _DECLARATIONS)


def has(files: Files, package: str, folder: str = "") -> bool:
    """Say whether the project in a folder names a package among its dependencies."""
    named = re.compile(rf"(?<![\w-]){re.escape(package)}(?![\w-])", re.I)
    return any(named.search(files.get(under(folder, name), "")) for name in _DECLARATIONS)


def build_commands(files: Files, folder: str, *needs: str) -> tuple[str, ...]:
    """Return the commands that make `.venv` at the top; `needs` are packages that have to be there, named or not."""
    wanted = [need for need in needs if not has(files, need, folder)]
    extra = (f"uv pip install {' '.join(wanted)}",) if wanted else ()
    if _declares(files, folder, "uv.lock"):
        target = f"UV_PROJECT_ENVIRONMENT={up(folder)}.venv " if folder else ""
        return (cd(folder, f"{target}uv sync --frozen"), *extra)
    source = _source(files, folder)
    if source:
        return ("uv venv", " ".join([f"uv pip install {source}", *wanted]))
    if _declares(files, folder, "Pipfile.lock"):
        listed = f"uv tool run pipenv requirements > {up(folder)}.venv/requirements.txt"
        return ("uv venv", cd(folder, listed), " ".join(["uv pip install -r .venv/requirements.txt", *wanted]))
    if _declares(files, folder, "Pipfile"):
        return (fails(NO_PIPFILE_LOCK),)
    return ("uv venv", *extra)


def test_gates(files: Files, folder: str) -> tuple[tuple[str, str], ...]:
    """Return the gate of the tests where the environment will have pytest."""
    locked = _declares(files, folder, "uv.lock") and has(files, "pytest", folder)
    listed = any(re.search(r"^pytest\b", files.get(under(folder, name), ""), re.M) for name in REQUIREMENTS)
    tests = any(
        re.search(r"(^|/)(test_[^/]*|[^/]*_test)\.py$", path) for path in files if path.startswith(prefix(folder))
    )
    return (("tests", run_in(folder, "python -m pytest -q")),) if tests and (locked or listed) else ()


def under(folder: str, path: str) -> str:
    """Return a path in a folder of the repository, "" for the top."""
    return str(PurePosixPath(folder, path)) if folder or path != "." else ""


def prefix(folder: str) -> str:
    """Return how the paths in a folder begin."""
    return f"{folder}/" if folder else ""


def up(folder: str) -> str:
    """Return the way from a folder to the top."""
    return "../" * (folder.count("/") + 1) if folder else ""


def _declares(files: Files, folder: str, name: str) -> bool:
    text = files.get(under(folder, name))
    return text is not None and (name not in _TOOLS_ALONE or bool(_TOOLS_ALONE[name].search(text)))


def _source(files: Files, folder: str) -> str:
    """Return what `uv pip install` takes the dependencies from, "" when it can from nothing here."""
    requirements = next((name for name in REQUIREMENTS if _declares(files, folder, name)), "")
    if requirements:
        return f"-r {quote(under(folder, requirements))}"
    package = quote(f"./{folder}") if folder else "."
    if _declares(files, folder, "pyproject.toml"):
        pyproject = under(folder, "pyproject.toml")
        packaged = "[build-system]" in files[pyproject] or "[project]" not in files[pyproject]
        return package if packaged else f"-r {quote(pyproject)}"
    return package if _declares(files, folder, "setup.py") or _declares(files, folder, "setup.cfg") else ""
