"""A service that serves, with a canary in production and a replica that crashed, for the sample pages."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace as N
from typing import Any

from golive.kernel.ui.parts import Act
from golive.respond.overview.pages import made_of
from golive.respond.overview.pages.places import HOUR, Promise
from golive.respond.overview.pages.site import Read, site
from golive.ship.releases.queries import SiteStatus
from golive.ship.replicas.domain import Phase, ProcessState
from golive.ship.services.domain.manifest import Gate, Manifest, Process
from golive.ship.traffic.queries import CertificateView
from golive.watch.telemetry.queries.traffic import Overview, Point, Traffic
from tests.support.sample_releases import NOW, facts

MANIFEST = Manifest(
    service="farmersmarket",
    keep=("media/", "market.sqlite3"),
    processes={
        "web": Process(
            command="gunicorn farmersmarket.wsgi --bind 127.0.0.1:$PORT --workers 2 --threads 8 --access-logfile -",
            memory=512,
        ),
        "letters": Process(command="python -m farmersmarket.letters"),
    },
    gates=(Gate(name="tests", command="pytest -q"), Gate(name="audit", command="pip-audit --format json")),
)
TEXT = 'service = "farmersmarket"\nkeep = ["media/", "market.sqlite3"]\n\n[processes.web]\ncommand = "gunicorn farmersmarket.wsgi --bind 127.0.0.1:$PORT"\n'
RELEASES = {"rel_new": "1.5.0", "rel_old": "1.4.2"}


CERTIFICATE = CertificateView(
    ("market.example.org", "www.market.example.org"),
    NOW + timedelta(days=12, hours=5),
    "The certificate expires in 12 days.",
    "/etc/letsencrypt/live/market.example.org/fullchain.pem",
)


def context() -> dict[str, Any]:
    """What overview/service.html takes."""
    common = vars(facts("canary").release) | {
        "environment": "production",
        "replaced": "rel_old",
        "pulled_at": None,
        "closed_at": None,
    }
    trial = N(
        **common
        | {
            "id": "rel_new",
            "serving_at": NOW - timedelta(minutes=9),
            "full_at": None,
            "serving": False,
            "open": True,
        }
    )
    before = N(
        **common
        | {
            "id": "rel_old",
            "version": "1.4.2",
            "state": "SETTLED",
            "share": 0.0,
            "serving": True,
            "open": False,
            "serving_at": NOW - timedelta(days=16),
            "full_at": NOW - timedelta(days=16),
        }
    )
    production = _read(
        "production",
        [trial, before],
        38.4,
        [
            _process("rel_old", "web", 1, 49152),
            _process("rel_old", "web", 2, 49153),
            _process("rel_old", "web", 3, 49154, phase=Phase.BACKOFF, restarts=2, reason="exit code 137: killed"),
            _process("rel_new", "web", 1, 49160, minutes=9),
            _process("rel_old", "letters", 1, 0),
        ],
    )
    staging = _read("staging", [trial, before], 0, [_process("rel_new", "web", 1, 49170, minutes=29)])
    return {
        "now": NOW,
        "service": N(
            name="farmersmarket", repository="https://git.example.org/market/farmersmarket.git", manifest_text=TEXT
        ),
        "title": "Production: 1.5.0 10 %, 1.4.2 90 %.",
        "say": "1.5.0 is on its way: Serving 10 % of production, no difference found yet.",
        "state": "moving",
        "badge": "moving",
        "acts": [
            Act("releases", "All releases", "/ui", method="get"),
            Act("look", "Look at requests", "/ui", method="get"),
            Act("open", "Open 1.5.0", "/ui", main=True, method="get"),
        ],
        "sites": [site(production), site(staging)],
        "processes": made_of.processes(MANIFEST),
        "gates": MANIFEST.gates,
        "kept": [
            made_of.KeptRow("media/", "production", "1,284 entries", there=True),
            made_of.KeptRow("market.sqlite3", "production", "48 MB", there=True),
            made_of.KeptRow("PAYMENT_KEY", "staging", "secret, no file with its secrets yet", there=False),
        ],
        "backups": [
            N(
                id="bak_01m8",
                at=NOW - timedelta(minutes=20),
                size=48_100_000,
                environment="production",
                reason="before the migration of 1.5.0",
                path=Path("/x"),
            )
        ],
        "has_database": True,
        "commands": made_of.commands("farmersmarket", has_database=True),
    }


def _read(environment: str, releases: list[Any], rate: float, processes: list[ProcessState]) -> Read:
    split = "1.5.0 10 %, 1.4.2 90 %" if environment == "production" else "1.5.0 serves everyone"
    status = SiteStatus(
        f"farmersmarket/{environment}",
        "farmersmarket",
        environment,
        8080,
        "1.4.2",
        "rel_old",
        0.1,
        split,
        False,
        releases[:1] if environment == "production" else [],
    )
    since = NOW - HOUR
    points = (
        [
            Point(
                since + timedelta(minutes=m),
                round(rate * 60 * (1 + (m * 7 % 11 - 5) / 40)),
                0 if m % 9 else 3,
                31.0,
                128 + (m * 13 % 17) * 3.0,
            )
            for m in range(60)
        ]
        if rate
        else []
    )
    total = Traffic("", sum(p.requests for p in points), sum(p.errors for p in points), 31, 142, 310)
    return Read(
        environment,
        "https://market.example.org" if environment == "production" else "http://localhost:8081",
        CERTIFICATE if environment == "production" else None,
        NOW,
        status,
        releases,
        [],
        processes,
        RELEASES,
        Overview(f"farmersmarket/{environment}", since, NOW, total, points, []),
        Promise(0.01, 500),
    )


def _process(
    release: str,
    process: str,
    number: int,
    port: int,
    *,
    phase: Phase = Phase.RUNNING,
    restarts: int = 0,
    reason: str = "",
    minutes: float = 23_040,
) -> ProcessState:
    labels = {"release": release, "process": process, **({"port": str(port)} if port else {})}
    return ProcessState(
        f"{release}-production-{process}-{number}",
        phase,
        True,
        restarts=restarts,
        reason=reason,
        labels=labels,
        since=(NOW - timedelta(minutes=minutes)).timestamp(),
    )
