"""Announcements reach subscribers in the same transaction; a failing subscriber undoes only itself."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from django.db import transaction

from golive.kernel import audit
from golive.kernel.audit.models import Entry
from golive.kernel.events import Announcement, announce, subscribe
from golive.kernel.events.announcing import on_failed_delivery, redeliver
from golive.kernel.events.queries import about, settled_id, since

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class KettleBoiled(Announcement):
    kind: ClassVar[str] = "test.kettle-boiled"
    degrees: int


class Listener:
    broken = False


@subscribe(KettleBoiled)
def note(event: KettleBoiled, at) -> None:
    audit.record(actor="kettle", action="boiled", subject=event.subject, facts={"degrees": event.degrees})


@subscribe(KettleBoiled)
def fail(event: KettleBoiled, at) -> None:
    audit.record(actor="kettle", action="will be undone", subject=event.subject)
    if Listener.broken:
        raise ValueError("broken listener")


@pytest.fixture(autouse=True)
def _whole():
    Listener.broken = False
    yield
    Listener.broken = False
    on_failed_delivery(lambda _event, _name: None)


def test_event_and_subscriber_share_the_transaction():
    with pytest.raises(RuntimeError), transaction.atomic():
        announce(KettleBoiled(subject="kitchen", degrees=100))
        raise RuntimeError
    assert not about("kitchen")
    assert not Entry.objects.exists()


def test_failing_subscriber_undoes_only_itself_and_is_called_again():
    again = []
    on_failed_delivery(lambda event, name: again.append((event, name)))
    Listener.broken = True
    with transaction.atomic():
        announce(KettleBoiled(subject="kitchen", degrees=100))
    assert [event.facts for event in about("kitchen")] == [{"degrees": 100}]
    assert list(Entry.objects.values_list("action", flat=True)) == ["boiled"]
    Listener.broken = False
    [(event, name)] = again
    redeliver(event, name)
    assert list(Entry.objects.values_list("action", flat=True)) == ["boiled", "will be undone"]


@pytest.mark.django_db(transaction=True)
def test_announcing_outside_a_transaction_is_a_mistake():
    with pytest.raises(transaction.TransactionManagementError):
        announce(KettleBoiled(subject="kitchen", degrees=100))


def test_reading_on_from_the_last_seen():
    before = settled_id()
    with transaction.atomic():
        announce(KettleBoiled(subject="kitchen", degrees=1))
        announce(KettleBoiled(subject="kitchen", degrees=2))
    assert [event.facts["degrees"] for event in since(before)] == [1, 2]
