"""Configuring channels: secrets go in and never come out."""

import json
from collections.abc import Callable

import pytest
from django.test import Client

from golive.kernel.access.roles import GOLIVE, Actor, Role
from golive.kernel.problems import Conflict, Invalid, NotFound
from golive.respond.channels import operations, queries
from golive.respond.channels.models import ChannelRow
from golive.respond.channels.ports import ChannelFailed
from tests.capability.respond.conftest import Join, Provider

pytestmark = pytest.mark.django_db


def add(name: str = "night", **settings: str) -> str:
    return operations.add(by=GOLIVE, name=name, kind="phone", settings={"line": "a", "key": "hunter2", **settings})


@pytest.mark.usefixtures("provider")
def test_a_secret_is_stored_encrypted_and_never_shown(join: Join, browser_of: Callable[[Actor], Client]) -> None:
    channel = add()
    row = ChannelRow.objects.get(pk=channel)
    assert "hunter2" not in row.secrets + json.dumps(row.settings)
    assert queries.get(channel).secrets_set == ("key",)
    browser = browser_of(join("Ada", Role.ADMIN))
    for address in ("/api/v1/channels", "/channels", "/channels?kind=phone", "/audit"):
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "hunter2" not in answer.content.decode()


def test_changing_a_setting_keeps_the_secret_that_is_not_given(provider: Provider) -> None:
    channel = add()
    operations.change(by=GOLIVE, channel=channel, settings={"line": "b", "key": ""})
    assert queries.decrypt(ChannelRow.objects.get(pk=channel).secrets) == {"key": "hunter2"}
    operations.fire_test(by=GOLIVE, channel=channel)
    assert [line for line, _ in provider.sent] == ["b"]


@pytest.mark.usefixtures("provider")
def test_wrong_settings_are_refused_in_words() -> None:
    for settings, said in [({}, "Line"), ({"line": "a", "colour": "red"}, "colour")]:
        with pytest.raises(Invalid, match=said):
            operations.add(by=GOLIVE, name="x", kind="phone", settings=settings)
    with pytest.raises(NotFound, match="pigeon"):
        operations.add(by=GOLIVE, name="x", kind="pigeon", settings={})
    add("night")
    with pytest.raises(Conflict):
        add("night")


def test_a_test_that_fails_is_kept_and_told(provider: Provider) -> None:
    channel = add()
    provider.failing["a"] = ChannelFailed("the line is dead")
    with pytest.raises(ChannelFailed):
        operations.fire_test(by=GOLIVE, channel=channel)
    assert queries.get(channel).test_error == "the line is dead"
    provider.failing.clear()
    operations.fire_test(by=GOLIVE, channel=channel)
    assert queries.get(channel).test_error == ""


@pytest.mark.usefixtures("provider")
def test_secrets_of_another_key_ask_to_be_entered_again() -> None:
    channel = add()
    ChannelRow.objects.filter(pk=channel).update(secrets="gAAAAA-not-of-this-key")
    assert queries.get(channel).secrets_set == ()
    with pytest.raises(queries.SecretsUnreadable):
        queries.open_channel(channel)


@pytest.mark.usefixtures("provider")
def test_only_an_admin_configures_and_only_an_operator_tests(join: Join, browser_of: Callable[[Actor], Client]) -> None:
    channel = add()
    viewer, operator, admin = (
        browser_of(join(name, role)) for name, role in [("Vi", Role.VIEWER), ("Op", Role.OPERATOR), ("Ad", Role.ADMIN)]
    )
    body = {"name": "new", "kind": "phone", "settings": {"line": "a"}}
    for browser, status in [(viewer, 403), (operator, 403), (admin, 201), (Client(), 401)]:
        assert browser.post("/api/v1/channels", body, content_type="application/json").status_code == status
    for browser, status in [(viewer, 403), (operator, 200)]:
        answer = browser.post(f"/api/v1/channels/{channel}/test", {}, content_type="application/json")
        assert answer.status_code == status
    assert viewer.post("/channels/add", {"kind": "phone", "name": "x", "setting-line": "a"}).status_code == 403
    assert admin.post("/channels/add", {"kind": "phone", "name": "x", "setting-line": "a"}).status_code == 302
    assert admin.post("/channels/add", {"kind": "phone", "name": "y"}).status_code == 422
    assert admin.post(f"/channels/{channel}/remove").status_code == 302
    with pytest.raises(NotFound):
        queries.get(channel)
