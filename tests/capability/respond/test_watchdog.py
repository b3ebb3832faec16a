"""The watchdog as a process of its own, beside parts that are killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import wait_for
from tests.support.receivers import HttpReceiver, MailReceiver, http_receiver, mail_receiver

ROOT = Path(__file__).parents[3]
PARTS = str(ROOT / "tests/support/fake_parts.py")


class House:
    """A home with parts, a watchdog, and receivers outside."""

    def __init__(self, home: Path, http: HttpReceiver, mail: MailReceiver) -> None:
        self.home, self.http, self.mail = home, http, mail
        for name in ("run", "logs"):
            (home / name).mkdir(parents=True)
        self._processes: list[subprocess.Popen[bytes]] = []

    def parts(self) -> subprocess.Popen[bytes]:
        return self._start(sys.executable, PARTS, str(self.home))

    def watch(self, *, supervisor: list[str], **config: float) -> subprocess.Popen[bytes]:
        path = self.home / "run" / "watchdog.json"
        path.write_text(
            json.dumps(
                {
                    "home": str(self.home),
                    "heartbeat_url": self.http.url.replace("hook", "beat"),
                    "supervisor": supervisor,
                    "alarm_after_s": 3,
                    "heartbeat_every_s": 0.5,
                    **config,
                }
            )
        )
        return self._start(sys.executable, "-m", "golive.runtime.processes.watchdog", str(path))

    def on_call(self, *, allow_private: bool = True) -> None:
        sender = {
            "host": "127.0.0.1",
            "port": str(self.mail.port),
            "security": "none",
            "sender": "g@example.org",
        }
        contacts = [
            {"kind": "smtp", "person": "Ana", "to": "ana@example.org", "settings": sender},
            {"kind": "webhook", "to": "", "settings": {"url": self.http.url, "secret": "s"}},
            {"kind": "apprise", "to": "", "settings": {"url": "ntfy://x"}},
        ]
        content = {
            "contacts": [{"allow_private": allow_private, **contact} for contact in contacts],
            "open_incidents": ["[SEV2] #7 shop 1.2.0 was pulled"],
        }
        draft = self.home / "break-glass.new"
        draft.write_text(json.dumps(content))
        draft.replace(self.home / "break-glass.json")

    def beats(self) -> int:
        return sum(path.startswith("/beat") for path, _headers, _body in self.http.got)

    def hooks(self) -> list[dict[str, str]]:
        return [json.loads(body) for path, _headers, body in self.http.got if path.startswith("/hook")]

    def remembers(self) -> bool:
        """Whether it is on disk that the outage was told of."""
        state = self.home / "run" / "watchdog.state.json"
        return state.exists() and json.loads(state.read_text())["told"]

    def starts(self) -> int:
        path = self.home / "starts"
        return len(path.read_text()) if path.exists() else 0

    def holder(self) -> int:
        """Return the pid of the process that holds the supervisor's lock, which the watchdog may have started."""
        inode = (self.home / "run" / "supervisor.lock").stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[3] == "WRITE" and words[5].endswith(f":{inode}"):
                return int(words[4])
        return 0

    def close(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        (self.home / "run" / "supervisor.lock").touch()
        pid = self.holder()
        if pid:
            os.kill(pid, signal.SIGKILL)

    def _start(self, *argv: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        process = subprocess.Popen(argv, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL)
        self._processes.append(process)
        return process


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with http_receiver() as http, mail_receiver() as mail:
        house = House(tmp_path / "house", http, mail)
        house.on_call()
        try:
            yield house
        finally:
            house.close()


def test_while_golive_lives_the_heartbeat_goes_out_and_nobody_is_told(house: House) -> None:
    house.parts()
    house.watch(supervisor=[])
    wait_for(lambda: house.beats() >= 5, what="five heartbeats")
    assert (house.hooks(), house.mail.mails) == ([], [])


def test_a_dead_supervisor_is_started_again_before_anybody_is_told(house: House) -> None:
    parts = house.parts()
    watchdog = house.watch(supervisor=[sys.executable, PARTS, str(house.home)])
    wait_for(lambda: house.beats() >= 1, what="a heartbeat")
    parts.kill()
    parts.wait()
    wait_for(lambda: house.starts() == 2, what="a new supervisor")
    seen = house.beats()
    wait_for(lambda: house.beats() > seen + 2, what="heartbeats again")
    assert (house.hooks(), house.mail.mails) == ([], [])
    watchdog.terminate()
    assert watchdog.wait(10) == 0
    assert house.holder() != 0


def test_a_death_that_lasts_is_told_once_by_every_means_and_so_is_the_return(house: House) -> None:
    parts = house.parts()
    watchdog = house.watch(supervisor=["false"])
    wait_for(lambda: house.beats() >= 1, what="a heartbeat")
    parts.kill()
    parts.wait()
    wait_for(lambda: house.mail.mails and house.hooks(), what="the alarm")
    silent = house.beats()
    assert "golive itself is down" in str(house.mail.mails[0]["Subject"])
    assert "#7 shop 1.2.0 was pulled" in house.mail.mails[0].get_content()
    assert house.hooks()[0]["act"] == "trigger"
    wait_for(house.remembers, what="what the next watchdog has to know")

    watchdog.kill()
    watchdog.wait()
    house.watch(supervisor=["false"])
    house.parts()
    wait_for(lambda: house.beats() > silent, what="heartbeats again")
    wait_for(lambda: len(house.hooks()) == 2, what="word of the return")
    assert [hook["act"] for hook in house.hooks()] == ["trigger", "resolve"]
    wait_for(lambda: len(house.mail.mails) == 2, what="word of it by mail, too")


def test_a_frozen_engine_is_dead_although_its_process_is_there(house: House) -> None:
    parts = house.parts()
    house.watch(supervisor=[])
    wait_for(lambda: house.beats() >= 1, what="a heartbeat")
    parts.send_signal(signal.SIGSTOP)
    wait_for(house.hooks, what="the alarm")
    assert "the engine has not answered" in house.hooks()[0]["text"]
    parts.send_signal(signal.SIGCONT)
    wait_for(lambda: len(house.hooks()) == 2, what="word of the return")


def test_an_engine_that_lives_and_does_no_work_is_told(house: House) -> None:
    house.parts()
    house.watch(supervisor=[], work_silence_s=2)
    wait_for(house.hooks, what="the alarm")
    assert "the engine has done no work for" in house.hooks()[0]["text"]
    house.on_call()
    wait_for(lambda: len(house.hooks()) == 2, what="word of the return")


def test_a_return_that_nobody_took_is_told_again(house: House) -> None:
    parts = house.parts()
    watchdog = house.watch(supervisor=["false"])
    wait_for(lambda: house.beats() >= 1, what="a heartbeat")
    parts.kill()
    parts.wait()
    wait_for(house.hooks, what="the alarm")
    house.mail.refuse, house.http.mood = "451 later", "500"
    house.parts()
    wait_for(lambda: house.hooks()[-1]["act"] == "resolve", what="a try to tell of the return")
    silent = house.beats()
    wait_for(lambda: house.beats() > silent, what="a heartbeat meanwhile")
    watchdog.kill()
    watchdog.wait()
    house.mail.refuse, house.http.mood = "", "200"
    told = len(house.hooks())
    house.watch(supervisor=["false"])
    wait_for(lambda: [hook["act"] for hook in house.hooks()[told:]] == ["resolve"], what="word of the return")


def test_a_private_address_is_refused_here_too(house: House) -> None:
    house.on_call(allow_private=False)
    house.watch(supervisor=[])
    wait_for(lambda: house.mail.mails, what="the alarm by mail")
    assert house.hooks() == []
