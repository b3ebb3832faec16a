"""The command line as CI on another machine says it: by GOLIVE_SERVER and GOLIVE_TOKEN, with no home of golive."""

import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golive.adapters.git.mirrors import GitMirrors
from golive.cli.caller import Caller, NotSent
from golive.kernel.access import operations as access
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.config import settings
from golive.kernel.ports import bound
from golive.ship.artifacts.ports import Repositories
from golive.ship.releases.models import Release
from golive.ship.services.models import Service

SECRET = "gl_this-must-never-be-seen"
MANIFEST = 'service = "shop"\n[processes.web]\ncommand = "serve"\n'


@pytest.fixture
def ci(golive, live_server, monkeypatch, tmp_path):
    """A machine without a golive, which has the token of CI and a checkout; its secret is in `ci.secret`."""
    person = access.create_person(by=GOLIVE, email="ci@example.org", name="CI", role=Role.OPERATOR)
    _, secret = access.create_token(by=GOLIVE, person=person, name="CI")
    monkeypatch.setenv("GOLIVE_SERVER", f"{live_server.url}/")
    monkeypatch.setenv("GOLIVE_TOKEN", f"{secret}\n")
    (tmp_path / "golive.toml").write_text(MANIFEST)
    for command in (["init", "-q", "-b", "main"], ["add", "golive.toml"], ["commit", "-q", "-m", "First"]):
        subprocess.run(
            ["git", "-c", "user.name=M", "-c", "user.email=m@example.com", *command], cwd=tmp_path, check=True
        )
    with bound(Repositories, GitMirrors(tmp_path / "mirrors")):
        yield golive
    assert not settings().home.exists(), "what CI says leaves no home behind"


@pytest.mark.django_db(transaction=True)
def test_it_says_how_things_are_and_who_asks(ci):
    said = ci("releases")
    assert (said.code, "No release yet" in said.err) == (0, True), said.err
    assert ci("services", "--json").json == []


@pytest.mark.django_db(transaction=True)
def test_a_service_that_golive_cannot_fetch_is_named_with_the_way_on(ci, tmp_path):
    said = ci("deploy")
    assert said.code == 4
    words = " ".join(said.err.split())
    assert "has no service shop" in words
    assert f"cannot fetch from {tmp_path} of this machine" in words
    assert "golive deploy --repository https://" in words
    assert not Service.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_fetched_from_an_address_is_shipped_as_ci(ci, tmp_path):
    said = ci("deploy", "--no-follow", "--repository", f"file://{tmp_path}")
    assert said.code == 0, said.err
    again = ci("deploy", "--no-follow", "main")
    assert again.code == 0, again.err
    assert [one.requested_by for one in Release.objects.all()] == ["ci@example.org"] * 2
    assert Service.objects.get().repository == f"file://{tmp_path}"


@pytest.mark.django_db(transaction=True)
def test_a_folder_of_golives_machine_is_never_replaced_by_one_of_cis(ci, tmp_path):
    Service.objects.create(
        name="shop",
        manifest_text=MANIFEST,
        repository="/srv/git/shop.git",
        created_at="2026-01-01T00:00Z",
        changed_at="2026-01-01T00:00Z",
    )
    said = ci("deploy")
    assert said.code != 0
    assert "from the folder /srv/git/shop.git of golive's machine" in said.err
    assert Service.objects.get().repository == "/srv/git/shop.git"


@pytest.mark.django_db(transaction=True)
def test_without_a_server_a_token_speaks_for_another_to_the_golive_here(served, monkeypatch):
    person = access.create_person(by=GOLIVE, email="ben@example.org", name="Ben", role=Role.VIEWER)
    _, secret = access.create_token(by=GOLIVE, person=person, name="terminal")
    monkeypatch.setenv("GOLIVE_TOKEN", secret)
    assert served("status").code == 0
    assert "needs the role admin" in served("people", "add", "eve@example.org").err
    monkeypatch.setenv("GOLIVE_TOKEN", "")
    said = served("status")
    assert said.code == 2
    assert "GOLIVE_TOKEN is empty" in said.err


@pytest.mark.parametrize(
    ("server", "token", "words"),
    [
        ("http://golive.example.com", SECRET, "golive.example.com over plain http"),
        ("http://10.0.0.7:8100", SECRET, "10.0.0.7 over plain http"),
        ("http://localhost.example.com", SECRET, "over plain http"),
        ("http://127.0.0.1@evil.example.com", SECRET, "credentials in it"),
        (f"https://ci:{SECRET}@golive.example.com", SECRET, "credentials in it"),
        ("ftp://localhost", SECRET, "no address"),
        ("golive.example.com", SECRET, "no address"),
        ("http://localhost:99999", SECRET, "no address"),
        ("https://golive.example.com?x=1", SECRET, "no address"),
        ("http://localhost:1", f"{SECRET}\nX-Evil: 1", "no token"),
        ("http://localhost:1", "", "is empty"),
        ("http://localhost:1", None, "no GOLIVE_TOKEN"),
        ("http://localhost:1", f"{SECRET}\xfc", "no token"),
    ],
)
def test_where_a_token_is_not_safe_it_is_not_sent_and_not_said(golive, monkeypatch, server, token, words):
    monkeypatch.setenv("GOLIVE_SERVER", server)
    if token is not None:
        monkeypatch.setenv("GOLIVE_TOKEN", token)
    said = golive("status")
    assert (said.code, said.out) == (2, "")
    assert words in " ".join(said.err.split())
    assert SECRET not in said.err
    assert "Traceback" not in said.err


def test_a_token_that_nobody_takes_is_not_said(httpserver_of_words, golive, monkeypatch):
    httpserver_of_words[:] = [(401, b'{"title": "Not logged in", "detail": "This token is not known."}')]
    monkeypatch.setenv("GOLIVE_SERVER", f"http://127.0.0.1:{settings().port}")
    monkeypatch.setenv("GOLIVE_TOKEN", SECRET)
    said = golive("status")
    assert said.code != 0
    assert "not known" in said.err
    httpserver_of_words[:] = [(301, b"moved")]
    assert "GOLIVE_SERVER" in golive("status").err
    monkeypatch.setenv("GOLIVE_SERVER", "http://127.0.0.1:1")
    gone = golive("status")
    assert gone.code == 6
    assert "Check GOLIVE_SERVER" in gone.err
    assert SECRET not in said.err + gone.err


def test_another_machine_may_be_named_without_encryption_when_told_so():
    told = Caller.model_validate({"token": SECRET, "plain_http": "1"})
    assert told.check("http://10.0.0.7:8100/") == "http://10.0.0.7:8100"
    assert SECRET not in repr(told)


@given(st.from_regex(r"[a-z0-9.\-]{1,30}", fullmatch=True))
@example("127.0.0.1.example.com")
@example("localhost")
@example("127.1.2.3")
def test_plain_http_goes_nowhere_but_to_this_machine(host):
    try:
        Caller.model_validate({"token": SECRET}).check(f"http://{host}:8100")
    except NotSent:
        assert host != "localhost"
    else:
        assert host in {"localhost", "0.0.0.0"} or (host.startswith("127.") and host.count(".") == 3)


@pytest.mark.parametrize("command", [("down",), ("up",), ("run", "--", "true")])
def test_what_only_works_beside_golive_says_so(golive, monkeypatch, command):
    monkeypatch.setenv("GOLIVE_SERVER", "https://golive.example.com")
    monkeypatch.setenv("GOLIVE_TOKEN", SECRET)
    said = golive(*command)
    assert said.code == 2
    assert "on golive's own machine only" in " ".join(said.err.split())
