"""Pages that are open change by themselves, keep what a person has in hand, and say when they cannot hear golive."""

import pytest

from tools.chromium import chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")]
BREAK = """
from golive.respond.incidents import operations
from golive.respond.incidents.domain import Diagnosis, Severity
from golive.respond.incidents.operations import Subject
operations.report(
    dedup_key="{key}", diagnosis=Diagnosis(Severity.SEV2, "{title}", blames=False), subject=Subject("shop"), sentence="It fails."
)
"""


def break_something(room, title: str) -> None:
    room.happen(BREAK.format(key=title, title=title))


def stay(page) -> None:
    """Leave a sign that a reload would wipe out."""
    page.evaluate("window.stayed = true")


def test_two_windows_hear_of_an_incident_without_a_reload(room, window):
    list_, elsewhere = window("/incidents"), window("/people")
    for page in (list_, elsewhere):
        stay(page)
    break_something(room, "Checkout fails")
    list_.get_by_text("Checkout fails").wait_for()
    elsewhere.locator("#rooms a[href='/incidents'] .hint").wait_for()
    assert list_.title().startswith("Incidents")
    assert elsewhere.locator("#rooms a[aria-current]").inner_text().startswith("People")
    assert all(page.evaluate("window.stayed") for page in (list_, elsewhere))


def test_what_a_person_has_in_hand_stays_and_comes_later(room, window):
    break_something(room, "Search is slow")
    page = window("/incidents")
    page.keyboard.press("j")
    page.get_by_text("Search is slow").wait_for()
    held = page.evaluate("document.activeElement.getAttribute('href')")
    break_something(room, "Mail is late")
    page.get_by_text("Mail is late").wait_for()
    assert page.evaluate("document.activeElement.tagName") == "A"
    assert held
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#live h1'))")
    break_something(room, "Images are gone")
    page.locator("#rooms .hint .word").get_by_text("4").wait_for()
    assert page.get_by_text("Images are gone").count() == 0
    page.evaluate("getSelection().removeAllRanges()")
    page.get_by_text("Images are gone").wait_for()


def test_a_lost_connection_is_said_and_mends_itself(room, window):
    page = window("/incidents")
    stay(page)
    page.locator("#live").wait_for()
    room.stop()
    page.get_by_text("Connection lost.").wait_for()
    break_something(room, "The night was long")
    room.start()
    page.get_by_text("The night was long").wait_for(timeout=60_000)
    page.get_by_text("Connection lost.").wait_for(state="hidden")
    assert page.evaluate("window.stayed")


def test_a_session_that_ends_says_so_and_keeps_what_is_shown(room, window):
    page = window("/incidents")
    page.locator("#live h1").wait_for()
    page.context.clear_cookies()
    break_something(room, "Nobody is let in")
    page.get_by_text("You are logged out.").wait_for()
    assert page.locator("#live h1").count() == 1
