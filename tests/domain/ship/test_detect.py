"""golive.toml for repositories of all kinds: right, short, and never broken by what is in the files."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.kernel.config import parse_toml
from golive.ship.services.domain.detect import describe, find
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import Manifest
from golive.ship.services.domain.shell import process_argv

DJANGO = {
    "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')",
    "requirements.txt": "Django==5.2\n",
    "shop/__init__.py": "",
    "shop/wsgi.py": "application = get_wsgi_application()",
    "shop/settings.py": "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n"
    "STATIC_ROOT = BASE_DIR / 'static'\nMEDIA_ROOT = BASE_DIR / 'media'\n",
    "shop/tests.py": "'test.db' sqlite",
}


def toml(files, folder="My Shop"):
    text = describe(folder, files)
    assert len(text.splitlines()) <= 25, text
    return parse_toml(Manifest, text, "golive.toml", also=idle_keys)


def test_django():
    found = toml(DJANGO)
    assert found.service == "my-shop"
    assert found.keep == ("db.sqlite3", "media/")
    assert found.build.commands == (
        "uv venv",
        "uv pip install -r requirements.txt gunicorn",
        ".venv/bin/python manage.py collectstatic --noinput",
    )
    assert found.processes["web"].command == "gunicorn shop.wsgi --bind 127.0.0.1:$PORT --threads 8"
    assert found.database.migrate == "python manage.py migrate --noinput"
    assert found.database.sqlite == "db.sqlite3"
    assert [gate.name for gate in found.gates] == ["check"]
    assert found.environment("production").approvals == 0


def test_django_in_a_folder_of_its_own():
    files = {f"backend/{path}": text for path, text in DJANGO.items()}
    found = toml(files)
    assert found.processes["web"].command.startswith("cd backend && exec gunicorn shop.wsgi")
    assert found.keep == ("backend/db.sqlite3", "backend/media/")
    assert found.build.commands[1] == "uv pip install -r backend/requirements.txt gunicorn"
    assert found.build.commands[2] == "cd backend && ../.venv/bin/python manage.py collectstatic --noinput"


def test_fastapi_with_a_lock():
    found = toml(
        {
            "pyproject.toml": '[project]\nname="x"\ndependencies=["fastapi"]\n[dependency-groups]\ndev=["pytest"]\n',
            "uv.lock": 'name = "fastapi"\nname = "uvicorn"\nname = "pytest"',
            "app/__init__.py": "",
            "app/main.py": "from fastapi import FastAPI\napp = FastAPI()\n",
            "app/store.py": "import sqlite3\nconnection = sqlite3.connect('orders.db')",
            "tests/test_x.py": "",
        }
    )
    assert found.processes["web"].command == "uvicorn app.main:app --host 127.0.0.1 --port $PORT"
    assert found.build.commands == ("uv sync --frozen",)
    assert found.keep == ("orders.db",)
    assert found.gates[0].command == "python -m pytest -q"


def test_asgi_under_src():
    found = toml(
        {
            "src/web/__init__.py": "",
            "src/web/app.py": "api = Starlette(routes=[])",
            "setup.py": "starlette",
        }
    )
    assert found.processes["web"].command.startswith("uvicorn web.app:api")
    assert found.build.commands == ("uv venv", "uv pip install . uvicorn")


def test_flask_with_a_factory_sqlalchemy_and_uploads():
    found = toml(
        {
            "requirements.txt": "flask\nFlask-SQLAlchemy\nFlask-Migrate\ngunicorn\n",
            "blog/__init__.py": "def create_app(config=None):\n    app = Flask(__name__)\n"
            "    app.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///blog.db'\n    app.config['UPLOAD_FOLDER'] = 'uploads'\n",
        }
    )
    assert found.processes["web"].command.startswith("gunicorn 'blog:create_app()' ")
    assert found.keep == ("instance/", "uploads/")
    assert found.database.sqlite == "instance/blog.db"
    assert found.database.migrate == "flask --app blog:create_app db upgrade"


def test_flask_in_one_file_and_plain_wsgi():
    flask = toml({"app.py": "app = Flask(__name__)", "requirements.txt": "flask"})
    assert flask.processes["web"].command.startswith("gunicorn app:app")
    wsgi = toml({"hello.py": "def application(environ, start_response):\n    pass"})
    assert wsgi.processes["web"].command.startswith("gunicorn hello:application")
    assert wsgi.build.commands == ("uv venv", "uv pip install gunicorn")


def test_node():
    found = toml(
        {
            "package.json": json.dumps(
                {"scripts": {"start": "node server.js", "build": "vite build", "test": "node --test"}}
            ),
            "package-lock.json": "{}",
            "server.js": "multer({ dest: './uploads/' }); new Database('shop.sqlite')",
        }
    )
    assert found.processes["web"].command == "node server.js"
    assert found.build.commands == ("npm ci", "npm run build")
    assert found.keep == ("shop.sqlite", "uploads/")
    assert found.gates[0].command == "npm test"


def test_a_procfile_says_what_runs():
    found = toml(
        {
            **DJANGO,
            "Procfile": "release: python manage.py migrate\nworker: python work.py\nweb: gunicorn shop.wsgi -b :$PORT\n",
        }
    )
    assert list(found.processes) == ["web", "worker"]
    assert found.database.migrate == "python manage.py migrate"


def test_a_procfile_of_workers_alone_leaves_what_answers():
    found = toml({**DJANGO, "Procfile": "worker: python work.py\n"})
    assert list(found.processes) == ["web", "worker"]
    assert found.processes["web"].command.startswith("gunicorn shop.wsgi")
    alone = {"work.py": "", "Procfile": "worker: python work.py\n"}
    assert list(toml(alone).processes) == ["web", "worker"]
    assert "starts your app" in find(alone).todo


def test_plain_commands():
    assert toml({"start.sh": "x"}).processes["web"].command == "sh start.sh"
    assert toml({"main.py": "print()"}).processes["web"].command == "python main.py"
    assert "--directory public" in toml({"public/index.html": ""}).processes["web"].command


FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FACTORY = "from flask import Flask\ndef create_app(config_name):\n    return Flask(__name__)\n"
MANAGE = "os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')"
SQLITE = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}"
UVICORN = "uvicorn {} --host 127.0.0.1 --port $PORT"
GUNICORN = "gunicorn {} --bind 127.0.0.1:$PORT --threads 8"
PLAIN_ASGI = "async def app(scope, receive, send):\n    await send({})\n"


@pytest.mark.parametrize(
    ("files", "web", "build"),
    [
        pytest.param(
            {"backend/app/main.py": FASTAPI, "backend/app/__init__.py": "", "backend/requirements.txt": "fastapi\n"},
            f"cd backend && exec {UVICORN.format('app.main:app')}",
            ["uv venv", "uv pip install -r backend/requirements.txt uvicorn"],
            id="FastAPI in a package of a folder with its requirements",
        ),
        pytest.param(
            {
                "backend/app/main.py": FASTAPI,
                "backend/app/__init__.py": "",
                "backend/pyproject.toml": "[project]\nname='app'\ndependencies=['fastapi', 'uvicorn']\n",
            },
            f"cd backend && exec {UVICORN.format('app.main:app')}",
            ["uv venv", "uv pip install -r backend/pyproject.toml"],
            id="the same with pyproject.toml",
        ),
        pytest.param(
            {
                "backend/app/main.py": f"from app.api import routes\n{FASTAPI}",
                "backend/pyproject.toml": "[project]\nname='app'\ndependencies=['fastapi', 'uvicorn']\n",
                "backend/uv.lock": "",
            },
            f"cd backend && exec {UVICORN.format('app.main:app')}",
            ["cd backend && UV_PROJECT_ENVIRONMENT=../.venv uv sync --frozen"],
            id="the same with a lock, and no __init__.py",
        ),
        pytest.param(
            {
                "app/main.py": f"from app.api import r\n{FASTAPI}",
                "app/api.py": "r = 1",
                "requirements.txt": "fastapi\n",
            },
            UVICORN.format("app.main:app"),
            ["uv venv", "uv pip install -r requirements.txt uvicorn"],
            id="a folder without __init__.py that is imported by its name",
        ),
        pytest.param(
            {"app/main.py": f"from .api import r\n{FASTAPI}", "app/api.py": "r = 1", "requirements.txt": "fastapi\n"},
            UVICORN.format("app.main:app"),
            ["uv venv", "uv pip install -r requirements.txt uvicorn"],
            id="a folder without __init__.py with relative imports",
        ),
        pytest.param(
            {"app/main.py": f"{FASTAPI}StaticFiles(directory='app/static')", "requirements.txt": "fastapi\n"},
            UVICORN.format("app.main:app"),
            ["uv venv", "uv pip install -r requirements.txt uvicorn"],
            id="a folder whose files are named from above",
        ),
        pytest.param(
            {"api/__init__.py": "", "api/main.py": f"import logging\nfrom db import x\n{FASTAPI}", "api/db.py": ""},
            f"cd api && exec {UVICORN.format('main:app')}",
            ["uv venv", "uv pip install fastapi uvicorn"],
            id="a package that imports its own files as if it were none",
        ),
        pytest.param(
            {"app/main.py": FASTAPI, "requirements.txt": "fastapi\n"},
            f"cd app && exec {UVICORN.format('main:app')}",
            ["uv venv", "uv pip install -r requirements.txt uvicorn"],
            id="a folder that says nothing",
        ),
        pytest.param(
            {"main.py": "from fastapi import FastAPI\ndef create_app() -> FastAPI:\n    return FastAPI()\n"},
            UVICORN.format("--factory main:create_app"),
            ["uv venv", "uv pip install fastapi uvicorn"],
            id="FastAPI factory",
        ),
        pytest.param(
            {
                "app/core.py": "from fastapi import FastAPI\ndef get_application():\n    return FastAPI()\n",
                "app/main.py": "from app.core import get_application\napp = get_application()\n",
            },
            UVICORN.format("app.main:app"),
            ["uv venv", "uv pip install fastapi uvicorn"],
            id="what a FastAPI factory made",
        ),
        pytest.param(
            {
                "myapp/__init__.py": FACTORY,
                "wsgi.py": "from myapp import create_app\napp = create_app('production')\n",
                "requirements.txt": "flask\n",
            },
            GUNICORN.format("wsgi:app"),
            ["uv venv", "uv pip install -r requirements.txt gunicorn"],
            id="Flask factory with an argument, and wsgi.py",
        ),
        pytest.param(
            {
                "app/__init__.py": FACTORY,
                "flasky.py": "from app import create_app\napp = create_app(os.getenv('FLASK_CONFIG') or 'default')\n",
                "requirements.txt": "flask\n",
            },
            GUNICORN.format("flasky:app"),
            ["uv venv", "uv pip install -r requirements.txt gunicorn"],
            id="the same under a name of its own",
        ),
        pytest.param(
            {"app.py": PLAIN_ASGI, "requirements.txt": "uvicorn\n"},
            UVICORN.format("app:app"),
            ["uv venv", "uv pip install -r requirements.txt"],
            id="plain ASGI",
        ),
        pytest.param(
            {"main.py": "from aiohttp import web\napp = web.Application()\n", "requirements.txt": "aiohttp\n"},
            "gunicorn main:app --bind 127.0.0.1:$PORT --worker-class aiohttp.GunicornWebWorker",
            ["uv venv", "uv pip install -r requirements.txt gunicorn"],
            id="aiohttp",
        ),
        pytest.param(
            {"main.py": "from aiohttp import web\napp = web.Application()\nweb.run_app(app)\n"},
            "python main.py",
            [],
            id="a program that serves as soon as it is imported",
        ),
        pytest.param(
            {
                "manage.py": MANAGE.format("config.settings.local"),
                "config/settings/local.py": "",
                "config/wsgi.py": MANAGE.format("config.settings.production"),
                "requirements/base.txt": "django==5.2\n",
                "requirements/production.txt": "-r base.txt\ngunicorn==23.0\n",
            },
            GUNICORN.format("config.wsgi"),
            ["uv venv", "uv pip install -r requirements/production.txt"],
            id="Django with requirements per place",
        ),
        pytest.param(
            {
                "manage.py": MANAGE.format("config.django.base"),
                "config/django/wsgi.py": "",
                "requirements.txt": "django\n",
            },
            GUNICORN.format("config.django.wsgi"),
            ["uv venv", "uv pip install -r requirements.txt gunicorn"],
            id="Django with wsgi.py in a folder of its own",
        ),
        pytest.param(
            {
                "manage.py": MANAGE.format("x.settings"),
                "x/wsgi.py": "",
                "Pipfile": "[packages]\ndjango = '*'\n",
                "Pipfile.lock": "{}",
            },
            GUNICORN.format("x.wsgi"),
            [
                "uv venv",
                "uv tool run pipenv requirements > .venv/requirements.txt",
                "uv pip install -r .venv/requirements.txt gunicorn",
            ],
            id="Pipfile",
        ),
        pytest.param(
            {"app.py": "app = Flask(__name__)", "requirements.txt": "flask", "pyproject.toml": "[tool.black]\n"},
            GUNICORN.format("app:app"),
            ["uv venv", "uv pip install -r requirements.txt gunicorn"],
            id="pyproject.toml of tools alone",
        ),
        pytest.param(
            {
                "server/package.json": '{"scripts": {"start": "node index.js"}}',
                "server/index.js": "",
                "client/x.js": "",
            },
            "cd server && exec node index.js",
            ["cd server && npm install --no-audit"],
            id="Node one folder down",
        ),
        pytest.param(
            {"api/package.json": '{"scripts": {"start": "json-server --watch db.json"}}', "api/db.json": "{}"},
            "cd api && exec node_modules/.bin/json-server --watch data/db.json --host 127.0.0.1 --port $PORT",
            ["cd api && npm install --no-audit", "cd api && mkdir -p data && cp db.json data/"],
            id="a package of Node one folder down",
        ),
        pytest.param(
            {"api/package.json": '{"scripts": {"start": "NODE_ENV=production next start"}}'},
            "cd api && exec npm start",
            ["cd api && npm install --no-audit"],
            id="a line of shell one folder down",
        ),
        pytest.param(
            {"server.js": "require('http').createServer(answer).listen(process.env.PORT)"},
            "node server.js",
            [],
            id="Node without package.json",
        ),
        pytest.param(
            {"package.json": '{"scripts": {"dev": "vite", "build": "vite build"}}', "index.html": ""},
            "python -m http.server $PORT --bind 127.0.0.1 --directory dist",
            ["npm install --no-audit", "npm run build"],
            id="pages that Vite builds",
        ),
    ],
)
def test_a_layout(files, web, build):
    found = toml(files)
    assert found.processes["web"].command == web
    assert list(found.build.commands) == build


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"main.go": "package main", "go.mod": "module x"}, id="Go"),
        pytest.param({"Cargo.toml": "[package]", "src/main.rs": ""}, id="Rust"),
        pytest.param({"index.php": "<?php", "index.html": ""}, id="PHP"),
        pytest.param({"Gemfile": "", "config.ru": "", "public/index.html": ""}, id="Ruby"),
        pytest.param({"Dockerfile": "FROM x"}, id="Dockerfile"),
        pytest.param({"index.html": "", ".env": "PASSWORD=x"}, id="pages beside secrets"),
        pytest.param({"index.html": "", "shop/settings.py": "SECRET_KEY = 1"}, id="pages beside Python"),
        pytest.param({"index.html": "", "package.json": '{"scripts": {"dev": "vite"}}'}, id="pages that are sources"),
        pytest.param(
            {
                "index.html": "",
                "package.json": '{"scripts": {"build": "vite build"}}',
                "vite.config.ts": "build: { outDir: '../static' }",
            },
            id="pages that Vite builds elsewhere",
        ),
        pytest.param({"go.mod": "", "frontend/package.json": '{"scripts": {"start": "vite"}}'}, id="pages of a Go app"),
        pytest.param({"myapp/__init__.py": FACTORY, "requirements.txt": "flask"}, id="a factory that asks for more"),
    ],
)
def test_what_is_not_recognised_is_not_published(files):
    found = toml(files)
    command = found.processes["web"].command
    ended = subprocess.run(process_argv(command), capture_output=True, text=True, timeout=10, check=False)
    assert ended.returncode == 1
    assert "put its command there" in ended.stderr
    assert find(files).todo in describe("x", files)


@pytest.mark.parametrize(
    "takes", ["", "config=None", "*, debug: bool = False", "env: dict[str, str] = DEFAULT, *args, **more"]
)
def test_a_factory_that_asks_for_nothing(takes):
    files = {"shop/__init__.py": f"from flask import Flask\ndef create_app({takes}):\n    return Flask(__name__)\n"}
    assert toml(files).processes["web"].command == GUNICORN.format("'shop:create_app()'")


@pytest.mark.parametrize("name", ["DJANGO_SETTINGS_MODULE', 'core.base'", "DJANGO_SETTINGS_MODULE'] = 'core.base'"])
@pytest.mark.parametrize("base", ["", "backend/"])
@pytest.mark.parametrize("place", ["base.py", "base/__init__.py", "common.py"])
def test_django_keeps_its_database_whatever_its_settings_are_called(name, base, place):
    found = toml({f"{base}manage.py": f"os.environ['{name}", f"{base}core/wsgi.py": "", f"{base}core/{place}": SQLITE})
    assert found.keep == (f"{base}db.sqlite3",)
    assert found.database.sqlite == f"{base}db.sqlite3"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("BASE_DIR / 'db.sqlite3'", "db.sqlite3"),
        ("BASE_DIR / 'data' / 'db.sqlite3'", "data/db.sqlite3"),
        ("BASE_DIR / 'var/data' / 'db.sqlite3'", "var/data/db.sqlite3"),
        ('os.path.join(BASE_DIR, "data", "db.sqlite3")', "data/db.sqlite3"),
        ("os.path.join(BASE_DIR, '..', 'data', 'db.sqlite3')", "data/db.sqlite3"),
        ("BASE_DIR.joinpath('data', 'db.sqlite3')", "data/db.sqlite3"),
        ("BASE_DIR / 'latest.db'", "latest.db"),
        ("env('DATABASE', 'shop.db')", "shop.db"),
    ],
)
def test_the_folders_of_a_database_are_read_too(said, kept):
    settings = f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {said}}}}}"
    assert toml({**DJANGO, "shop/settings.py": settings}).keep == (kept,)


@pytest.mark.parametrize("base", ["", "backend/"])
def test_a_database_at_an_absolute_path_is_none_of_the_repository(base):
    said = "SQLALCHEMY_DATABASE_URI = 'sqlite:///' + os.path.join('/data', 'db.sqlite3')\napp = Flask(__name__)\n"
    found = toml({f"{base}app.py": said, f"{base}requirements.txt": "flask\nflask-sqlalchemy\n"})
    assert (found.keep, found.database) == ((), None)


def test_django_migrates_by_the_settings_that_serve():
    files = {
        "manage.py": MANAGE.format("config.settings.local"),
        "config/wsgi.py": MANAGE.format("config.settings.production"),
        "config/settings/base.py": "STATIC_ROOT = 'static'",
    }
    found = toml(files)
    assert found.database.migrate == "python manage.py migrate --noinput --settings config.settings.production"
    assert found.gates[0].command == "python manage.py check --settings config.settings.production"
    assert found.build.commands[-1].endswith("collectstatic --noinput --settings config.settings.production")


def test_a_pipfile_without_a_lock_is_not_guessed():
    found = toml({"app.py": "app = Flask(__name__)", "Pipfile": "[packages]\nflask = '*'\n"})
    assert "pipenv lock" in found.build.commands[0]
    assert found.build.commands[0].endswith("exit 1")


def test_the_database_of_flask_is_in_the_instance_folder_of_its_project():
    app = "app = Flask(__name__)\napp.config['SQLALCHEMY_DATABASE_URI'] = 'sqlite:///shop.db'"
    found = toml({"web/app.py": app, "web/requirements.txt": "flask\nflask-sqlalchemy\nflask-migrate\n"})
    assert found.keep == ("web/instance/",)
    assert found.database.sqlite == "web/instance/shop.db"
    assert found.database.migrate == "cd web && exec flask --app app:app db upgrade"


def test_the_tests_and_migrations_of_a_project_are_run_in_its_folder():
    found = toml(
        {
            "backend/app/main.py": f"from app.db import x\n{FASTAPI}",
            "backend/requirements.txt": "fastapi\nuvicorn\npytest\n",
            "backend/alembic.ini": "",
            "backend/tests/test_x.py": "",
        }
    )
    assert found.database.migrate == "cd backend && exec alembic upgrade head"
    assert found.gates[0].command == "cd backend && exec python -m pytest -q"


@pytest.mark.parametrize("path", ["contest_app/main.py", "blocks/main.py", "unlock.py"])
def test_a_word_within_a_name_hides_no_app(path):
    assert "uvicorn" in toml({path: FASTAPI}).processes["web"].command


@pytest.mark.parametrize(
    ("web", "said"),
    [("gunicorn app:app", "has to listen"), ("gunicorn app:app -b 127.0.0.1:$PORT", "listens")],
)
def test_only_what_a_command_says_is_said_of_it(web, said):
    assert f"# web {said} on 127.0.0.1:$PORT" in describe("x", {"Procfile": f"web: {web}\n"})


@pytest.mark.parametrize("folder", ["", "123", "…", "-x-", "A" * 99, 'a"b\nc'])
def test_any_folder_gives_a_name(folder):
    assert toml({}, folder).service


PIECES = st.sampled_from(
    [
        "Flask(",
        "app = FastAPI()",
        "def create_app(",
        'UPLOAD_FOLDER="../../etc"',
        "sqlite:///",
        "'x.db'",
        '"a/b.sqlite3"',
        'web: run "this" \'now',
        "worker: x\\",
        "DJANGO_SETTINGS_MODULE', 'a.b'",
        "MEDIA_ROOT = '/var/media'",
        "\x00",
        "]]\n[x]",
        "sqlite",
        "app = create_app('x",
        "async def app(scope, receive, send)",
        "DJANGO_SETTINGS_MODULE'] = 'a.b'",
        "from . import app",
        '{"scripts": {"start": "run \'x"}}',
        '{"scripts": {"start": "next start", "build": "vite build"}}',
        "server.listen(1)",
        "[project]",
    ]
)
NAMES = st.sampled_from(
    [
        "manage.py",
        "app.py",
        "Procfile",
        "package.json",
        "requirements.txt",
        "pyproject.toml",
        "a b/main.py",
        "src/x.py",
        "settings.py",
        '"q"/app.py',
        "media/x",
        "uploads/y.png",
        "back end/app/main.py",
        "back end/uv.lock",
        "Pipfile",
        "server/package.json",
        "server.js",
        "index.html",
        "public/index.html",
        "setup.cfg",
    ]
)


@given(st.dictionaries(NAMES, st.lists(PIECES, max_size=6).map("\n".join)))
def test_hostile_files_still_give_a_valid_file_and_are_not_published(files):
    web = toml(files).processes["web"].command
    served = web.rpartition("--directory ")[2] if "http.server" in web else ""
    assert served in {"", "dist"} or {path.rpartition(".")[2] for path in files} <= {"html", "png"}


def test_a_public_app_that_is_only_named_and_configured():
    bugsink = toml({"requirements.txt": "bugsink==2.6.2\n", "bugsink_conf.py": "SECRET_KEY = ''"})
    assert bugsink.processes["web"].command.startswith("gunicorn bugsink.wsgi ")
    assert bugsink.keep == ("db.sqlite3", "snappea.sqlite3")
    assert bugsink.database.migrate.startswith("bugsink-manage migrate")
    isso = toml({"requirements.txt": "isso", "isso.cfg": "[general]\ndbpath = data/comments.db\n"})
    assert isso.processes["web"].command.startswith("ISSO_SETTINGS=isso.cfg gunicorn isso.run ")
    assert isso.keep == ("data/comments.db",)
    tables = toml({"requirements.txt": "datasette", "plugins/a.py": "", "trees.db": ""})
    assert tables.processes["web"].command == (
        "datasette serve trees.db --create --plugins-dir plugins --host 127.0.0.1 --port $PORT"
    )
    assert tables.database.sqlite == "trees.db"


@pytest.mark.parametrize(
    ("start", "web"),
    [
        ("json-server --watch db.json --port 3000", "json-server --watch data/db.json --host 127.0.0.1 --port $PORT"),
        ("http-server public -p 8080 -c-1", "http-server public -c-1 -a 127.0.0.1 -p $PORT"),
        ("next start -p $PORT", "next start -p $PORT"),
        ("next dev -p 3000", "next dev -p 3000"),
    ],
)
def test_a_node_server_listens_where_it_is_told(start, web):
    found = toml({"package.json": json.dumps({"scripts": {"start": start}})})
    assert found.processes["web"].command == web
    in_memory = start.startswith("json-server")
    assert found.keep == (("data/",) if in_memory else ())
    assert ("mkdir -p data && cp db.json data/" in found.build.commands) is in_memory
    assert found.environment("production").strategy == ("bluegreen" if in_memory else "canary")
    assert found.replicas("production", "web") == (1 if in_memory else 3)
