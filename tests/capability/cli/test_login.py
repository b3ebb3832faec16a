"""`golive login` in a browser."""

import stat
import urllib.request
import webbrowser

import pytest

from golive.kernel.config import settings

pytestmark = pytest.mark.django_db(transaction=True)


class Browser(webbrowser.BaseBrowser):
    """Remembers what it was asked to open: that is what its arguments would show."""

    def __init__(self):
        super().__init__("recording")
        self.opened = []

    def open(self, url, *_):
        self.opened.append(url)
        return True


@pytest.fixture
def browser(monkeypatch):
    made = Browser()
    monkeypatch.setattr(webbrowser, "_tryorder", [])
    webbrowser.register("recording", None, made, preferred=True)
    return made


def test_the_one_time_link_is_not_in_the_arguments_of_the_browser(served, browser):
    said = served("login")
    assert said.code == 0, said.err
    link = said.out.strip()
    (opened,) = browser.opened
    assert link.rpartition("/")[2] not in opened
    with urllib.request.urlopen(opened) as page:
        assert f'content="0; url={link}"' in page.read().decode()
    assert stat.S_IMODE((settings().run / "login.html").stat().st_mode) == 0o600


def test_with_link_no_browser_is_opened(served, browser):
    assert served("login", "--link").code == 0
    assert browser.opened == []
