"""golive.toml for repositories of all kinds: right, short, and never broken by what is in the files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.kernel.config import parse_toml
from golive.ship.services.domain.detect import describe, find
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import Manifest

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
    assert found.database.migrate == "flask db upgrade"


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
    assert find({}).todo


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
    ]
)


@given(st.dictionaries(NAMES, st.lists(PIECES, max_size=6).map("\n".join)))
def test_hostile_files_still_give_a_valid_file(files):
    toml(files)


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
