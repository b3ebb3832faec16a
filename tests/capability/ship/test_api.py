"""Services, gates and backups over the API: who may, and what is answered. Olga is operator, Vera viewer, Ada approver."""

import contextlib
import socket

import pytest
from django.test import Client

from golive.adapters.keeper import Keepers
from golive.adapters.sqlite import SqliteFiles
from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.audit.models import Entry
from golive.kernel.ports import bound
from golive.ship.artifacts import operations as artifacts
from golive.ship.databases.ports import SqliteTools
from golive.ship.gates import operations as gates
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.services import queries
from golive.ship.services.models import Service
from tests.capability.ship.conftest import manifest

pytestmark = pytest.mark.django_db(transaction=True)
TOML = (
    'service = "shop"\nkeep = ["db.sqlite3"]\n[processes.web]\ncommand = "serve"\n[database]\nsqlite = "db.sqlite3"\n'
    '[[gates]]\nname = "unit"\ncommand = "echo größer"\n'
)


@pytest.fixture
def api(tools):
    """Call the API as somebody: `api(role, method, path, body)`."""
    headers = {}
    for role in Role:
        person = access.create_person(by=GOLIVE, email=f"{role.word}@example.com", name=role.word, role=role)
        secret = access.create_token(by=GOLIVE, person=person, name="t")[1]
        headers[role] = {"Authorization": f"Bearer {secret}"}

    def call(role, method, path, body=None):
        return Client().generic(
            method,
            f"/api/v1{path}",
            data=_json(body),
            content_type="application/json",
            headers=headers.get(role, {}),
        )

    with (
        bound(SqliteTools, SqliteFiles()),
        bound(ProcessKeeper, Keepers(tools / "run", tools / "logs")),
    ):
        yield call


def _json(body) -> str:
    import json

    return "" if body is None else json.dumps(body)


def register(api, text=TOML, repository="/srv/shop", role=Role.OPERATOR):
    return api(role, "POST", "/services", {"manifest": text, "repository": repository})


def test_nobody_without_a_token_and_no_viewer_changes_anything(api):
    for method, path in [
        ("GET", "/services"),
        ("POST", "/services"),
        ("GET", "/backups"),
        ("POST", "/backups"),
        ("POST", "/backups/x/restore"),
        ("GET", "/gates/x/log"),
        ("GET", "/gates?release=x"),
        ("GET", "/manifest-schema"),
    ]:
        assert api(None, method, path, {}).status_code == 401, path
    assert register(api, role=Role.VIEWER).status_code == 403
    backup = {"service": "shop", "environment": "production"}
    assert api(Role.VIEWER, "POST", "/backups", backup).status_code == 403
    assert api(Role.OPERATOR, "POST", "/backups/x/restore", {}).status_code == 403
    assert queries.services() == []


def test_a_service_is_registered_once_and_changed_when_it_changes(api):
    made = register(api)
    assert made.status_code == 201
    assert made.json()["gates"] == ["unit"]
    ports = {place["name"]: place["port"] for place in made.json()["environments"]}
    assert ports["production"] >= 8080
    assert ports["staging"] >= 8180
    register(api)
    assert Entry.objects.filter(subject="shop").count() == 1
    register(api, TOML + "[environments.qa]\n")
    again = api(Role.VIEWER, "GET", "/services/shop").json()
    assert ports.items() <= {p["name"]: p["port"] for p in again["environments"]}.items()
    assert Entry.objects.filter(subject="shop").count() == 2
    other = register(api, TOML.replace('"shop"', '"blog"')).json()
    given = [p["port"] for p in (*again["environments"], *other["environments"])]
    assert len(set(given)) == len(given) == 5


def test_a_port_that_something_else_listens_on_is_not_given(api):
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # then somebody else has it, which does as well
            other.bind(("127.0.0.1", 8080))
            other.listen()
        ports = [place["port"] for place in register(api).json()["environments"]]
        assert 8080 not in ports


def test_a_port_of_another_service_is_refused(api):
    places = register(api).json()["environments"]
    port = next(place["port"] for place in places if place["name"] == "production")
    taken = register(api, TOML.replace('"shop"', '"blog"') + f"[environments.production]\nport = {port}\n")
    assert taken.status_code == 409
    assert "belongs to shop/production" in taken.json()["detail"]
    assert [s.name for s in queries.services()] == ["shop"]


@pytest.mark.parametrize(
    ("repository", "words"),
    [
        ("relative/path", "absolute path"),
        ("--upload-pack=x", "absolute path"),
        ("ext::sh -c x", "absolute path"),
        ("https://user:token@example.com/x.git", "credentials"),
        ("https://token@example.com/x.git", "credentials"),
        ("ssh://-oProxyCommand=x/y", "https or ssh"),
        ("http://example.com/x.git", "https or ssh"),
        ("/srv/a\nb", "not readable"),
        ("", "not readable"),
    ],
)
def test_a_repository_that_could_do_harm_is_refused(api, repository, words):
    answer = register(api, repository=repository)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "token" not in answer.json()["detail"]


def test_a_wrong_manifest_names_line_and_key(api):
    answer = register(api, TOML + "[environments.production]\nreplica = 2\n")
    assert answer.status_code == 422
    assert (
        "golive.toml:11: environments.production.replica: unknown key; did you mean `replicas`?"
        in answer.json()["errors"]
    )


def test_a_key_that_does_nothing_is_refused_anew_and_read_where_it_was_taken_before(api):
    idle = TOML + "[environments.staging]\napprovals = 2\n"
    answer = register(api, idle)
    assert answer.status_code == 422
    assert "golive.toml:11: environments.staging.approvals: counts for production only" in answer.json()["detail"]
    register(api)
    Service.objects.update(manifest_text=idle)  # as a golive before stored it
    assert api(Role.VIEWER, "GET", "/services/shop").json()["manifest"] == idle
    assert register(api, idle).status_code == 422
    assert register(api).status_code == 201


def test_gates_and_their_live_log(api, origin):
    plan = manifest(TOML.split("\n", 1)[1])
    revision = origin.commit({"a": "1"})
    artifacts.fetch(service="shop", repository=str(origin.path), revision="main")
    made = artifacts.build(service="shop", revision=revision, manifest=plan, log=origin.path / "log")
    gates.run_all(release="rel_1", service="shop", artifact=made, manifest=plan)
    found = api(Role.VIEWER, "GET", "/gates?release=rel_1").json()
    assert [(g["name"], g["state"]) for g in found] == [("unit", "PASS")]
    path = f"/gates/{found[0]['id']}/log"
    assert api(Role.VIEWER, "GET", path).json() == {"text": "größer\n", "next": 9, "complete": True}
    assert api(Role.VIEWER, "GET", f"{path}?offset=6").json()["text"] == "er\n"
    assert api(Role.VIEWER, "GET", f"{path}?offset=-1").status_code == 422
    assert api(Role.VIEWER, "GET", "/gates/..%2f..%2fstate/log").status_code == 404


def test_backups_over_the_api(api, home):
    register(api)
    body = {"service": "shop", "environment": "production"}
    assert api(Role.OPERATOR, "POST", "/backups", body).status_code == 404
    import sqlite3

    database = home / "data/shop/production/db.sqlite3"
    database.parent.mkdir(parents=True)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE sold (id integer)")
    made = api(Role.OPERATOR, "POST", "/backups", body)
    assert made.status_code == 201
    assert made.json()["proof"] == "restored once, 0 rows in 1 tables"
    assert made.json()["reason"] == "asked for by operator@example.com"
    listed = api(Role.VIEWER, "GET", "/backups?service=shop").json()
    assert [b["id"] for b in listed] == [made.json()["id"]]
    restored = api(Role.APPROVER, "POST", f"/backups/{made.json()['id']}/restore", {})
    assert restored.status_code == 200
    assert restored.json()["before"]["reason"].startswith("before restore of")
    assert api(Role.APPROVER, "POST", "/backups/none/restore", {}).status_code == 404


def test_the_schema_of_golive_toml_is_served(api):
    assert api(Role.VIEWER, "GET", "/manifest-schema").json()["title"] == "golive.toml"
