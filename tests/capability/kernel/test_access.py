"""Who gets in, and who does not. Alice is admin, Olga operator, Vera viewer."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from golive.kernel import clock
from golive.kernel.access import operations
from golive.kernel.access.models import LoginFailure, LoginLink, Person, Token
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.config import settings as golive_settings
from golive.runtime import lifecycle

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def alice() -> Person:
    return operations.create_person(
        by=GOLIVE, email="alice@example.com", name="Alice", role=Role.ADMIN, password=PASSWORD
    )


@pytest.fixture
def vera() -> Person:
    return operations.create_person(by=GOLIVE, email="vera@example.com", name="Vera", role=Role.VIEWER)


def bearer(person: Person, **kwargs) -> dict[str, str]:
    _, secret = operations.create_token(by=GOLIVE, person=person, name="t", **kwargs)
    return {"Authorization": f"Bearer {secret}"}


def test_api_without_a_token_is_refused_in_the_one_shape():
    answer = Client().get("/api/v1/people")
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "detail", "hint"} <= set(answer.json())


@pytest.mark.parametrize("secret", ["golive_wrong", "", "x" * 5000])
def test_wrong_token(secret, alice):
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401


def test_expired_and_revoked_tokens_say_so(alice):
    expired = bearer(alice, life=timedelta(seconds=-1))
    assert "expired" in Client().get("/api/v1/me", headers=expired).json()["detail"]
    good = bearer(alice)
    token = Token.objects.latest("pk")
    assert Client().get("/api/v1/me", headers=good).json()["email"] == "alice@example.com"
    operations.revoke_token(by=GOLIVE, token_id=token.pk)
    assert "revoked" in Client().get("/api/v1/me", headers=good).json()["detail"]


def test_token_of_a_person_who_left_is_useless(alice, vera):
    headers = bearer(vera)
    operations.change_person(by=GOLIVE, email=vera.email, active=False)
    assert Client().get("/api/v1/me", headers=headers).status_code == 401


def test_viewer_may_read_people_but_not_add(vera):
    headers = bearer(vera)
    assert Client().get("/api/v1/people", headers=headers).status_code == 200
    answer = Client().post(
        "/api/v1/people",
        json.dumps({"email": "x@example.com"}),
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == 403
    assert "admin" in answer.json()["detail"]


def test_viewer_can_neither_make_nor_revoke_others_tokens(alice, vera):
    headers = bearer(vera)
    others, _ = operations.create_token(by=GOLIVE, person=alice, name="a")
    body = json.dumps({"name": "n", "person": alice.email})
    assert Client().post("/api/v1/tokens", body, content_type="application/json", headers=headers).status_code == 403
    assert Client().delete(f"/api/v1/tokens/{others.pk}", headers=headers).status_code == 403


def test_secrets_are_not_stored(alice):
    _, secret = operations.create_token(by=GOLIVE, person=alice, name="t")
    link = operations.create_login_link(by=GOLIVE, person=alice)
    assert not Token.objects.filter(digest=secret).exists()
    assert not LoginLink.objects.filter(digest=link).exists()


def test_login_link_works_once_and_a_mail_scanner_does_not_spend_it(alice):
    link = operations.create_login_link(by=GOLIVE, person=alice)
    assert Client().get(f"/login/{link}").status_code == 200
    browser = Client()
    assert browser.post(f"/login/{link}").status_code == 302
    assert browser.get("/people").status_code == 200
    assert Client().post(f"/login/{link}").status_code == 401


def test_login_link_expires(alice):
    link = operations.create_login_link(by=GOLIVE, person=alice)
    LoginLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert Client().post(f"/login/{link}").status_code == 401


def test_guessing_is_slowed_down_and_the_right_password_is_refused_meanwhile(alice):
    browser = Client()
    for _ in range(operations.MAX_FAILURES):
        assert browser.post("/login", {"email": alice.email, "password": "wrong wrong wrong"}).status_code == 401
    answer = browser.post("/login", {"email": alice.email, "password": PASSWORD})
    assert answer.status_code == 401
    assert "Too many" in answer.content.decode()


def test_guesses_and_links_of_long_ago_are_not_kept(alice):
    long_ago = clock.now() - timedelta(hours=1)
    LoginFailure.objects.create(email="x@example.com", address="192.0.2.1", at=long_ago)
    LoginLink.objects.create(person=alice, digest="d", expires_at=long_ago)
    Client().post("/login", {"email": alice.email, "password": "wrong wrong wrong"})
    operations.create_login_link(by=GOLIVE, person=alice)
    assert (LoginFailure.objects.count(), LoginLink.objects.count()) == (1, 1)


def test_login_never_redirects_to_another_site(alice):
    answer = Client().post("/login", {"email": alice.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_the_last_admin_stays(alice):
    for change in ({"role": Role.VIEWER}, {"active": False}):
        with pytest.raises(Exception, match="last admin"):
            operations.change_person(by=GOLIVE, email=alice.email, **change)


def test_pages_send_strangers_to_the_login():
    answer = Client().get("/people")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=")


def test_the_page_asks_before_it_revokes_a_token(alice):
    token, _ = operations.create_token(by=GOLIVE, person=alice, name="CI of shop")
    browser = Client()
    browser.force_login(alice)
    question, address = f'id="confirm-revoke-{token.pk}"', f"/people/tokens/{token.pk}/revoke"
    page = browser.get("/people").content.decode()
    dialogs = page[page.index('id="dialogs"') :]
    assert f"Revoke CI of shop of {alice.email}?" in dialogs[dialogs.index(question) :]
    assert page.count(f'action="{address}"') == dialogs.count(f'action="{address}"') == 1
    assert browser.post(address).status_code == 302
    assert question not in browser.get("/people").content.decode()
    assert Token.objects.get(pk=token.pk).revoked_at


def test_form_without_csrf_token_is_refused(alice):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.post("/people/tokens", {"name": "x"}).status_code == 403
    answer = browser.post("/api/v1/tokens", json.dumps({"name": "x"}), content_type="application/json")
    assert answer.status_code == 403


def test_headers_of_every_answer():
    answer = Client().get("/login")
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_key_that_nobody_knows_is_named_and_nothing_is_changed(alice):
    answer = Client().post(
        "/api/v1/tokens",
        json.dumps({"name": "n", "day": 1}),
        content_type="application/json",
        headers=bearer(alice),
    )
    assert answer.status_code == 422
    assert "day" in answer.json()["detail"]
    assert not Token.objects.filter(name="n").exists()


@pytest.mark.parametrize("lost", ["missing", "half", "revoked"])
def test_golive_up_gives_the_command_line_a_token_that_holds(alice, tmp_path, lost):
    config = golive_settings().model_copy(update={"home": tmp_path})
    path = tmp_path / "token"
    if lost == "half":
        path.write_text("")
    if lost == "revoked":
        lifecycle._renew_token(config)
        operations.revoke_token(by=GOLIVE, token_id=Token.objects.latest("pk").pk)
    lifecycle._renew_token(config)
    renewed = path.read_text()
    assert operations.person_of_token(renewed) == alice
    assert path.stat().st_mode & 0o777 == 0o600
    lifecycle._renew_token(config)
    assert path.read_text() == renewed
