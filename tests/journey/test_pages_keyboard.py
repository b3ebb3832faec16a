"""The control room without a mouse: palette, rooms, rows, dialogs, fields; nothing traps the focus and nothing loses it."""

import pytest

from tools.chromium import chromium

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")]
FOCUS = "document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_the_palette_asks_before_it_does_and_the_focus_comes_back(window):
    page = window("/sample/release/canary")
    press(page, "Control+k")
    page.keyboard.type("roll back to 1.4.2")
    press(page, "Enter")
    dialog = page.locator("dialog[open]")
    dialog.wait_for()
    assert "Will serve" in dialog.inner_text()
    assert page.evaluate("document.activeElement.closest('dialog[open]') !== null")
    press(page, "Escape")
    dialog.wait_for(state="detached")
    press(page, "Control+k", "Escape")
    page.locator("#palette[open]").wait_for(state="detached")


def test_letters_go_to_rooms_and_the_switch_of_theme_is_kept(window, room):
    page = window("/ui")
    press(page, "g", "i")
    page.wait_for_url(f"{room.url}/incidents")
    press(page, "?")
    page.locator("#shortcuts[open]").wait_for()
    press(page, "Escape", "Control+k")
    page.keyboard.type("light and dark")
    press(page, "Enter")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_first_tab_skips_to_the_content(window):
    page = window("/sample/releases")
    press(page, "Tab")
    assert page.evaluate(FOCUS) == "Skip to content"
    press(page, "Enter", "Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_rows_are_walked_and_acted_on(window, room):
    page = window("/sample/releases")
    press(page, "j", "j")
    assert page.evaluate(FOCUS) == "farmersmarket 1.4.2"
    press(page, "k")
    assert page.evaluate(FOCUS) == "farmersmarket 1.5.0"
    press(page, ".")
    page.wait_for_url(f"{room.url}/releases/rel_1")


def test_log_lines_are_walked_and_a_field_is_left_by_escape(window):
    page = window("/sample/explore/logs")
    press(page, "/")
    assert page.evaluate("document.activeElement.name") == "q"
    press(page, "j")
    assert page.evaluate("document.activeElement.value").endswith("j")
    press(page, "Escape", "j")
    assert page.locator("[data-picked]").count() == 1


def test_every_stop_of_the_tab_key_can_be_seen(window):
    page = window("/sample/release/canary")
    stops: list[str] = []
    hidden: list[str] = []
    for _ in range(120):
        press(page, "Tab")
        seen = page.evaluate(
            """() => {
                const one = document.activeElement, box = one.getBoundingClientRect(), style = getComputedStyle(one);
                const top = document.elementFromPoint(box.left + Math.min(box.width, 20) / 2, box.top + Math.min(box.height, 20) / 2);
                return {
                    name: one.tagName + " " + one.textContent.trim().slice(0, 30),
                    end: one === document.body,
                    ring: style.outlineStyle !== "none" || style.boxShadow !== "none",
                    inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
                    free: top !== null && (one.contains(top) || top.contains(one)),
                };
            }"""
        )
        if seen["end"]:
            break
        stops.append(seen["name"])
        if not (seen["ring"] and seen["inside"] and seen["free"]):
            hidden.append(f"{seen}")
    assert len(stops) > 20
    assert hidden == []
