"""A golive with a mail channel and one release, and senders that tests kill: `ask PORT`, `send`, or `states`."""

import json
import sys
import threading

import django

django.setup()

from golive.adapters.channel_kinds import KINDS  # noqa: E402
from golive.kernel.access.roles import GOLIVE  # noqa: E402
from golive.kernel.config import settings  # noqa: E402
from golive.kernel.durable import Worker  # noqa: E402
from golive.kernel.ports import bind  # noqa: E402
from golive.respond.channels import operations as channels  # noqa: E402
from golive.respond.channels.ports import Kinds  # noqa: E402
from golive.respond.notices.models import Notice  # noqa: E402
from golive.respond.notices.operations import NOTICE  # noqa: E402
from golive.ship.releases import operations as releases  # noqa: E402
from golive.ship.releases.operations import Revision  # noqa: E402
from golive.ship.services import operations as services  # noqa: E402

MANIFEST = """
service = "shop"
processes.web.command = "run"
notify.people = ["ines@example.net", "jon@example.net", "kim@example.net"]
"""


def ask(port: str) -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    server = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "golive@example.org"}
    channels.add(by=GOLIVE, name="mail", kind="smtp", settings=server)
    services.register(by=GOLIVE, manifest_text=MANIFEST, repository="/srv/shop")
    what = Revision("shop", "a" * 40, "1.0", "Work", "mira@example.org", None, MANIFEST)
    releases.queue(by=GOLIVE, what=what)


def send() -> None:
    Worker("sender", threads=1, kinds={NOTICE}).run(threading.Event())


def states() -> None:
    print(json.dumps(list(Notice.objects.values_list("state", flat=True))))


if __name__ == "__main__":
    settings().prepare()
    bind(Kinds, KINDS)
    match sys.argv[1:]:
        case ["ask", port]:
            ask(port)
        case ["send"]:
            send()
        case ["states"]:
            states()
