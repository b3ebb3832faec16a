"""golive by TLS from `up` on: visitors, a renewal under traffic, and the person at 3 a.m. at the public door."""

import os
import shutil
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509

from bench.stand import Stand, processes
from demo.receivers import Received, webhook
from tests.support import wait_for
from tests.support.certificates import write_pair
from tools.chromium import chromium
from tools.lab import Lab, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

SHOP, DOOR = "shop.example", "golive.example"
ON_CALL = "ada@example.com"
PRODUCTION = """
domains = ["{name}"]
replicas = 2
hold_back = 0
steps = [{{ share = 50, at_least = "60s", at_most = "120s" }}]
[environments.production.tls]
certificate = "{folder}/{name}.pem"
key = "{folder}/{name}.key"
redirect_from = {plain}
"""


@dataclass
class Seen:
    """One answer as its visitor saw it; `serial` is of the certificate, `error` of a connection that broke."""

    status: int = 0
    serial: int = 0
    release: str = ""
    error: str = ""


@dataclass
class Visitor:
    """Speaks TLS to a name at the edge and trusts the certificates of `folder` alone."""

    folder: Path
    name: str
    port: int
    keeps: bool = False
    _kept: httpx.Client | None = None

    def ask(self, path: str = "/", method: str = "GET") -> httpx.Response:
        client = self._kept or httpx.Client(verify=self._trust(), timeout=20)
        self._kept = client if self.keeps else None
        headers, name = {"host": f"{self.name}:{self.port}"}, {"sni_hostname": self.name}
        try:
            return client.request(method, f"https://127.0.0.1:{self.port}{path}", headers=headers, extensions=name)
        finally:
            if not self.keeps:
                client.close()

    def serial(self) -> int:
        with self._trust().wrap_socket(_connect(self.port), server_hostname=self.name) as connection:
            return x509.load_der_x509_certificate(connection.getpeercert(True) or b"").serial_number

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        for path in self.folder.glob("trusted/*.pem"):
            context.load_verify_locations(cafile=str(path))
        return context


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


@dataclass
class House:
    """A golive whose control room and whose shop are reached by TLS."""

    lab: Lab
    stand: Stand
    folder: Path
    plain: int
    door: int
    received: Received
    started: dict[str, Any] = field(default_factory=dict)

    @property
    def shop(self) -> Visitor:
        return Visitor(self.folder, SHOP, self.stand.port)

    def renew(self, name: str) -> int:
        """Replace certificate and key as an ACME client does; returns the new serial."""
        drafts = self.folder / f"{name}.pem.new", self.folder / f"{name}.key.new"
        # By its first name it is a signer of its own: visitors tell those whom they trust apart by that.
        new = write_pair(*drafts, f"{len(list(self.folder.glob('trusted/*')))}.{name}", name, "*.example")
        trust(self.folder, drafts[0])
        drafts[1].replace(self.folder / f"{name}.key")
        drafts[0].replace(self.folder / f"{name}.pem")
        return new.serial_number

    def served(self) -> dict[str, Any]:
        """Return what the API says of production, without the releases on their way."""
        return self.stand.site() | {"moving": []}

    def status(self) -> str:
        return self.lab.cli("status").stdout


def trust(folder: Path, chain: Path) -> None:
    (folder / "trusted").mkdir(exist_ok=True)
    shutil.copy(chain, folder / "trusted" / f"{len(list(folder.glob('trusted/*')))}.pem")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("certificates")
    for name in (SHOP, DOOR):
        write_pair(folder / f"{name}.pem", folder / f"{name}.key", name, "*.example")
        trust(folder, folder / f"{name}.pem")
    received, door = Received(), free_port()
    hook = webhook(received)
    hook.start()
    lab = Lab(
        tmp_path_factory.mktemp("tls"),
        public_url=f"https://{DOOR}:{door}",
        public_certificate=str(folder / f"{DOOR}.pem"),
        public_key=str(folder / f"{DOOR}.key"),
        allow_private_webhooks="true",
    )
    plain = free_port()
    stand = Stand(lab, "shop", PRODUCTION.format(name=SHOP, folder=folder, plain=plain))
    made = House(lab, stand, folder, plain, door, received)
    try:
        made.started = lab.up()
        admin = lab.client()
        admin.post("/people", {"email": ON_CALL, "name": "Ada Quist", "role": "operator"})
        told = {"url": f"{hook.url}/golive", "secret": "of the journey"}
        admin.post("/channels", {"name": "hook", "kind": "webhook", "settings": told})
        admin.call("PUT", f"/oncall/contacts/{ON_CALL}", json=[{"channel": "hook", "address": ""}])
        admin.call("PUT", "/oncall", json={"level1": [ON_CALL]})
        stand.open()
        yield made
    finally:
        lab.down()
        lab.erase()
        hook.stop()


@contextmanager
def visitors(house: House) -> Iterator[list[Seen]]:
    """Two visitors for the length of the block: one keeps its connection, the other greets anew each time."""
    seen: list[Seen] = []
    ended = threading.Event()

    def come(visitor: Visitor) -> None:
        while not ended.is_set():
            for path, method in (("/", "GET"), ("/checkout", "POST")):
                try:
                    got = visitor.ask(path, method)
                except httpx.TransportError as error:
                    seen.append(Seen(error=repr(error)))
                    continue
                seen.append(Seen(got.status_code, _serial(got), got.headers.get("x-release", "")))

    two = [Visitor(house.folder, SHOP, house.stand.port, keeps) for keeps in (True, False)]
    threads = [threading.Thread(target=come, args=(one,)) for one in two]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _serial(got: httpx.Response) -> int:
    tls = got.extensions["network_stream"].get_extra_info("ssl_object")
    # A connection that was closed after its answer knows no certificate any more.
    raw = tls.getpeercert(True) if tls else None
    return x509.load_der_x509_certificate(raw).serial_number if raw else 0


def test_the_shop_is_served_by_tls_and_everyone_is_sent_there(house):
    got = house.shop.ask("/products")
    assert (got.status_code, got.text) == (200, "ok")
    assert got.headers["strict-transport-security"] == "max-age=31536000"
    site = house.stand.site()
    assert site["url"] == f"https://{SHOP}:{house.stand.port}"
    for method in ("GET", "POST"):
        sent = httpx.request(method, f"http://127.0.0.1:{house.plain}/products?a=1", headers={"host": SHOP})
        assert (sent.status_code, sent.headers["location"]) == (308, f"{site['url']}/products?a=1")
        assert "strict-transport-security" not in sent.headers


def test_a_certificate_is_renewed_under_traffic_and_a_broken_one_is_told_and_changes_nothing(house):
    with visitors(house) as seen:
        wait_for(lambda: len(seen) > 30, what="visitors")
        shop, door = house.renew(SHOP), house.renew(DOOR)
        wait_for(lambda: house.shop.serial() == shop, what="the renewed certificate of the shop")
        wait_for(lambda: Visitor(house.folder, DOOR, house.door).serial() == door, what="that of the door")
        (house.folder / f"{SHOP}.pem").write_text("no certificate")
        write_pair(house.folder / "other.pem", house.folder / f"{DOOR}.key", DOOR)
        said = wait_for(
            lambda: (words := house.status()).count("Newer files are not used") == 2 and words,
            what="golive to say so",
        )
        mark = len(seen)
        wait_for(lambda: len(seen) > mark + 30, what="visitors after the broken files")
    assert "holds no PEM certificate" in said
    assert "public door of the control room: " in said
    assert "does not belong to" in said
    assert said.count("Put a certificate and key there that fit") == 2
    assert [one for one in seen if one.status != 200] == []
    assert house.shop.serial() == shop
    assert Visitor(house.folder, DOOR, house.door).serial() == door
    for name in (SHOP, DOOR):
        house.renew(name)
    wait_for(lambda: "Newer files" not in house.status(), what="the repaired files to be taken")


def test_a_setting_that_only_productions_edge_refuses_is_named_and_put_back(house):
    toml = house.stand.repository.path / "golive.toml"
    good, served = toml.read_text(), house.served()
    toml.write_text(good.replace(f'domains = ["{SHOP}"]', f'domains = ["{SHOP}", "*{SHOP}"]'))
    with visitors(house) as seen:
        end = house.stand.ship("v1-for-all-shops")
    toml.write_text(good)
    assert end["state"] == "FAILED_BEFORE_TRAFFIC"
    assert "The edge refused `domains` of [environments.production] in golive.toml. Envoy says: " in end["sentence"]
    assert "partial wildcards" in end["sentence"]
    assert {(one.status, one.release) for one in seen} == {(200, "1")}
    assert house.served() == served


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine")
def test_at_the_public_door_a_person_logs_in_pulls_a_release_without_an_engine_and_takes_the_page(house, launch):
    address = f"https://{DOOR}:{house.door}"
    assert house.started["login_url"].startswith(f"{address}/login/")
    with closing(launch(f"--host-resolver-rules=MAP {DOOR} 127.0.0.1")) as browser:
        phone = browser.new_context(ignore_https_errors=True, viewport={"width": 390, "height": 844}).new_page()
        phone.goto(house.started["login_url"])
        phone.get_by_role("button", name="Log in on this device").click()
        phone.wait_for_url(f"{address}/releases")
        cookies = {one["name"]: one for one in phone.context.cookies()}
        assert cookies["golive_session"]["secure"]
        phone.evaluate("window.sameDocument = true")
        release = house.stand.deploy("v2")
        # The list tells of it by itself, by server-sent events through the door.
        phone.get_by_text("Release v2").first.wait_for()
        assert phone.evaluate("window.sameDocument") is True
        house.stand.wait(release, "STEP")
        phone.goto(f"{address}/releases/{release}")
        with frozen_engine(house):
            phone.locator("button[commandfor=confirm-pull]").first.click()
            phone.locator("#confirm-pull button.do").click()
            phone.get_by_text("Pulled: its visitors are back on the release before.").wait_for()
            assert house.lab.release(release)["state"] == "PULLED"
            with visitors(house) as seen:
                wait_for(lambda: len(seen) > 40, what="visitors")
            assert {(one.status, one.release) for one in seen} == {(200, "1")}
        page = wait_for(lambda: house.received.first_call_after(0), what="the page of the person on call")[1]
        assert page["acknowledge"].startswith(f"{address}/ack/")
        phone.context.clear_cookies()  # the signed link is enough
        phone.goto(page["acknowledge"])
        phone.get_by_role("button", name="I have it, Ada Quist").click()
        phone.get_by_text("Ada Quist has it.").wait_for()
    taken = house.lab.client().get(f"/incidents/{page['incident']}")
    assert taken["acknowledged_by"] == "Ada Quist"
    record = house.lab.client().get(f"/releases/{release}/record")
    assert record["holds"]
    assert [entry["kind"] for entry in record["entries"]].count("PULLED") == 1
    house.lab.client().post("/services/shop/rollback")
    assert house.stand.wait(release, "ROLLED_BACK")["facts"]["target_version"] == "1"


@contextmanager
def frozen_engine(house: House) -> Iterator[None]:
    """An engine that hangs: its keeper sees it live, so nobody starts another."""
    engine = next(one for one in processes(house.lab) if one.id == "golive-engine")
    assert engine.pid
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(engine.pid, signal.SIGCONT)
