"""From alert to provider accepted, and pages lost or doubled under kill -9.

    python -m bench.paging [--alerts 300] [--json FILE]                latency: p50 and p99
    python -m bench.paging --kills 300 --pages 2000 [--json FILE]      losses

Real worker processes (forked from a loaded one and killed with SIGKILL), SQLite with synchronous=FULL, the real signed
webhook over HTTP to a provider on loopback that takes 4 to 12 ms to accept and 2 to 6 ms more to say so.
"""

import argparse
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.machine import banner, machine

KINDS = {"respond.page.attempt", "respond.page.escalation", "respond.paging.audit"}
PERSON = "ana@example.org"


class Provider:
    """Counts idempotency keys at the moment of accepting; a killed sender may never hear of it."""

    def __init__(self, listener: socket.socket) -> None:
        self.got: Counter[str] = Counter()
        lock, provider = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                time.sleep(random.uniform(0.004, 0.012))
                with lock:
                    provider.got[self.headers["idempotency-key"]] += 1
                time.sleep(random.uniform(0.002, 0.006))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:
                """Senders are killed here."""

        self.server = Server(listener.getsockname(), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = listener
        listener.listen(256)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Nursery:
    """A single-threaded process that has everything loaded and forks workers: a start costs milliseconds."""

    def __init__(self) -> None:
        self._orders, orders = os.pipe()
        answers, self._answers = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(orders)
            os.close(answers)
            self._serve()
        os.close(self._orders)
        os.close(self._answers)
        self._out, self._in = orders, answers

    def worker(self) -> int:
        """Return the pid of a new worker."""
        os.write(self._out, b"+")
        return int.from_bytes(os.read(self._in, 8))

    def close(self) -> None:
        os.close(self._out)
        os.waitpid(self.pid, 0)

    def _serve(self) -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        number = 0
        while os.read(self._orders, 1):
            number += 1
            pid = os.fork()
            if pid == 0:
                _work(f"worker-{number}")
            os.write(self._answers, pid.to_bytes(8))
        os._exit(0)


def _work(owner: str) -> None:
    from golive.kernel.durable import Worker

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Worker(owner, threads=8, kinds=KINDS).run(stop)
    os._exit(0)


def prepare(home: Path, port: int) -> None:
    """Set golive up in `home`: one person on call, one signed webhook."""
    os.environ |= {
        "GOLIVE_HOME": str(home),
        "GOLIVE_ALLOW_PRIVATE_WEBHOOKS": "1",
        "DJANGO_SETTINGS_MODULE": "golive.runtime.settings",
    }
    os.environ.pop("GOLIVE_DATABASE_URL", None)
    import django

    from golive.kernel import log

    log.configure(json=True, level=40)
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    from golive.adapters.channel_kinds import KINDS as CHANNEL_KINDS
    from golive.kernel.access import operations as access
    from golive.kernel.access.roles import GOLIVE, Role
    from golive.kernel.config import settings
    from golive.kernel.ports import bind
    from golive.respond.channels import operations as channels
    from golive.respond.channels.ports import Kinds
    from golive.respond.oncall import operations as oncall

    settings().prepare()
    call_command("migrate", verbosity=0)
    bind(Kinds, CHANNEL_KINDS)
    access.create_person(by=GOLIVE, email=PERSON, name="Ana", role=Role.OPERATOR)
    url = f"http://127.0.0.1:{port}/"
    channels.add(by=GOLIVE, name="hook", kind="webhook", settings={"url": url, "secret": "s"})
    oncall.set_contacts(by=GOLIVE, email=PERSON, contacts=[("hook", "")])
    oncall.set_list(by=GOLIVE, level1=[PERSON], escalate_after=timedelta(hours=4))
    connections.close_all()


def alert(number: int) -> None:
    """Pull a release: incident, page, attempt and job in one transaction."""
    from django.db import transaction

    from golive.kernel.events import announce
    from golive.ship.releases.events import ReleasePulled

    with transaction.atomic():
        announce(
            ReleasePulled(
                subject=f"rel_{number}",
                release=f"rel_{number}",
                version="1.2.0",
                service="shop",
                environment="staging",
                reason="errors",
                sentence="3 of 20 checkouts failed.",
            )
        )


def accepted() -> int:
    from golive.respond.paging.models import Attempt

    return Attempt.objects.filter(accepted_at__isnull=False).count()


def latency(alerts: int) -> dict[str, Any]:
    """Alerts at random moments, 5 a second on average; from the transaction's time to the provider's yes."""
    from golive.respond.paging.models import Attempt

    for number in range(alerts):
        alert(number)
        time.sleep(random.expovariate(5.0))
    _drain(alerts)
    rows = Attempt.objects.values_list("created_at", "accepted_at")
    took = sorted((yes - made).total_seconds() * 1000 for made, yes in rows)
    return {
        "alerts": len(took),
        "p50_ms": _at(took, 0.5),
        "p99_ms": _at(took, 0.99),
        "max_ms": round(took[-1], 1),
    }


def losses(nursery: Nursery, provider: Provider, kills: int, pages: int, workers: list[int]) -> dict[str, Any]:
    """Pages all the time, and every 0.1 to 0.3 s one of the two workers is killed and replaced."""
    from golive.respond.paging.models import Attempt

    done, killed, began = 0, 0, time.monotonic()
    while killed < kills or done < pages:
        due = round(pages * min((killed + 1) / max(kills, 1), 1)) if kills else pages
        while done < due:
            alert(done)
            done += 1
        if killed < kills:
            time.sleep(random.uniform(0.1, 0.3))
            victim = workers.pop(random.randrange(len(workers)))
            os.kill(victim, signal.SIGKILL)
            killed += 1
            workers.append(nursery.worker())
    _drain(pages)
    keys = set(Attempt.objects.values_list("pk", flat=True))
    return {
        "pages": len(keys),
        "kills": killed,
        "lost": sum(1 for key in keys if not provider.got[key]),
        "doubled_at_provider": sum(1 for key in keys if provider.got[key] > 1),
        "unknown_keys": len(set(provider.got) - keys),
        "seconds": round(time.monotonic() - began, 1),
    }


def _drain(wanted: int, *, limit_s: float = 180.0) -> None:
    end = time.monotonic() + limit_s
    while accepted() < wanted and time.monotonic() < end:
        time.sleep(0.2)


def _at(values: list[float], share: float) -> float:
    return round(values[min(int(share * len(values)), len(values) - 1)], 1)


def main() -> int:
    """Print the figures; status 1 when a page was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=300)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(banner("alert to provider accepted"))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    with tempfile.TemporaryDirectory(prefix="golive-paging-") as home:
        prepare(Path(home), listener.getsockname()[1])
        nursery = Nursery()
        provider = Provider(listener)
        workers = [nursery.worker(), nursery.worker()]
        time.sleep(1)
        try:
            if arguments.pages:
                found = losses(nursery, provider, arguments.kills, arguments.pages, workers)
            else:
                found = latency(arguments.alerts)
        finally:
            for pid in workers:
                os.kill(pid, signal.SIGKILL)
            nursery.close()
    print("  " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found.items()))
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), **found}, indent=1))
    return 1 if found.get("lost") else 0


if __name__ == "__main__":
    sys.exit(main())
