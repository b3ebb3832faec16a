"""Style sheets and scripts of the control room, which a browser asks for a dozen at a time."""

import asyncio
import warnings
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import AsyncClient, Client

SHEET = "/static/ui/tokens.css"


def content() -> bytes:
    return Path(finders.find("ui/tokens.css")).read_bytes()


def test_a_file_does_not_stop_the_event_loop_of_the_live_pages() -> None:
    async def ask() -> bytes:
        answer = await AsyncClient().get(SHEET)
        return b"".join([part async for part in answer]) if answer.streaming else answer.content

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert asyncio.run(ask()) == content()


def test_a_browser_that_has_it_is_told_so_and_may_ask_for_a_part() -> None:
    first = Client().get(SHEET)
    assert (first.headers["Content-Type"], first.content) == ('text/css; charset="utf-8"', content())
    again = Client().get(SHEET, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, "Content-Type" in again.headers) == (304, b"", False)
    part = Client().get(SHEET, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, content()[2:6])
    head = Client().head(SHEET)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(content())))
    assert Client().post(SHEET).status_code == 405
