"""The real addresses, and below /sample/ the same templates filled with samples: states that a real site rarely shows."""

import base64
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import render
from django.urls import path
from django.views.csrf import csrf_failure

from golive.adapters.envoy.pages import empty_route, maintenance_route
from golive.kernel.access.roles import Actor, Role, require
from golive.kernel.ui import samples
from golive.kernel.ui.parts import Empty
from golive.runtime.urls import urlpatterns as real
from golive.ship.traffic.domain import Maintenance
from tests.support import sample_incident, sample_releases, sample_service
from tests.support.sample_releases import NOW

ERROR = {
    "kind": "LockNotAvailable",
    "message": "canceling statement due to lock timeout",
    "count": 17,
    "first_seen": NOW - timedelta(seconds=34),
    "routes": "POST /checkout",
    "trace": "/sample/trace",
    "stack": 'File "orders/views.py", line 88, in reserve_slot\n    slot = PickupSlot.objects.select_for_update(nowait=True).get(pk=pk)\nLockNotAvailable: could not obtain lock on row',
}
NEWS = {
    "statuses": [
        {
            "route": "POST /checkout",
            "status": "500",
            "state": "broken",
            "new": "14 of 88",
            "old": "0 of 89",
            "traces": ["/sample/trace"],
            "requests": ["/sample/requests"],
        }
    ],
    "errors": [ERROR],
    "patterns": samples.PATTERNS,
    "slower": [{"route": "GET /stalls/{id}", "new": "412 ms", "old": "96 ms", "requests": "64"}],
}
GATES = [
    {
        "name": "unit",
        "command": "pytest -q",
        "state": "broken",
        "result": "failed",
        "why": "2 of 1,284 tests failed: test_slot_is_free, test_slot_is_taken",
        "seconds": 108,
        "proof": "",
        "log": "/ui",
    },
    {
        "name": "audit",
        "command": "pip-audit",
        "state": "serving",
        "result": "passed",
        "why": "",
        "seconds": 6,
        "proof": "reused, until tomorrow 14:02",
    },
    {
        "name": "coverage",
        "command": "coverage report",
        "state": "unknown",
        "result": "unknown",
        "why": "No coverage.xml was written",
        "seconds": 0.4,
        "proof": "",
    },
]
RUNNING = [
    *({**gate, "state": "serving", "result": "passed", "why": ""} for gate in GATES[1:]),
    GATES[0] | {"state": "moving", "result": "running", "why": "", "seconds": 41, "log": "/sample/gate/running"},
]
OUTPUT = """................................................................ [  5%]
.....................................F.......................... [ 10%]
=================================== FAILURES ===================================
_____________________________ test_slot_is_free ______________________________
    def test_slot_is_free(market):
>       assert market.slot(118).free
E       assert False
orders/tests/test_slots.py:41: AssertionError
=========================== short test summary info ============================
FAILED orders/tests/test_slots.py::test_slot_is_free - assert False
2 failed, 1282 passed in 107.61s (0:01:47)
"""
CHANGES = {
    "commits": [
        {"revision": "8c41f2e", "subject": "Hold a pickup slot while the customer pays", "author": "Mira Okafor"},
        {"revision": "77d2c10", "subject": "Add pickup slots per stall", "author": "Mira Okafor"},
    ],
    "facts": [
        {"name": "Revision", "value": "8c41f2e99b1f", "detail": "mono"},
        {"name": "Digest", "value": "sha256:9b1f4c…77", "detail": "mono"},
        {"name": "Built in", "value": "41 s", "detail": ""},
    ],
    "database": "The database stays as it is: the last migration only added a column that 1.4.2 ignores.",
}
APPROVAL = {
    "says": "2 of 2 approved.",
    "moments": samples.MOMENTS[:2],
    "digest": "sha256:9b1f4c…77",
    "created_at": NOW,
    "expires_at": NOW + timedelta(hours=4),
}
RECORD = [
    {
        "seq": 41 - i,
        "at": NOW - timedelta(seconds=20 * i),
        "says": says,
        "figures": "share 0.1, step 1 of 2",
        "hash": "7c1e02fa9e00d41b",
    }
    for i, says in enumerate(["Serving 10 %", "Warm", "Booted", "Migrated"])
]
CHAIN = {"holds": True, "entries": 41}
TOLD = {
    "rows": [
        {"who": who, "about": about, "by": "mail", "at": NOW, "error": error, "state": state, "said": said}
        for who, about, error, state, said in (
            ("Mira Okafor, Jonas Weber", "farmersmarket 1.5.0 serves everyone", "", "serving", "taken"),
            (
                "Ada Quist",
                "farmersmarket 1.5.0 serves everyone",
                "mail.example.com did not take the mail: TimeoutError.",
                "moving",
                "on its way",
            ),
            (
                "x@example.com",
                "farmersmarket 1.5.0 waits for approval",
                "mail.example.com refused the address.",
                "broken",
                "given up",
            ),
        )
    ],
    "unreached": ["Olga"],
}
ROWS = [
    {
        "id": "rel_1",
        "service": "farmersmarket",
        "version": v,
        "revision": "8c41f2e",
        "state": s,
        "moving": s == "moving",
        "badge": b,
        "share": share,
        "sentence": say,
        "subject": "Pickup slots per stall",
        "by": "Mira Okafor",
        "created_at": NOW - timedelta(minutes=m),
    }
    for v, s, b, share, say, m in (
        ("1.5.0", "moving", "Canary 10 %", "10 %", "A share of the users is on it and its traffic is judged.", 38),
        ("1.4.2", "serving", "Serving", "90 %", "All users are on it.", 23040),
        ("1.4.1", "broken", "Rolled back", "–", "It is out; the release before it serves.", 24000),
        ("1.4.0", "suspicious", "Held", "–", "No release is blamed.", 25000),
        ("1.3.9", "unknown", "Superseded", "–", "A newer release took its place.", 30000),
    )
]


def release(request: HttpRequest, kind: str) -> HttpResponse:
    tab = request.GET.get("tab", "new")
    page = sample_releases.sample(kind, tab)
    context = {
        "sheet": page,
        "now": NOW,
        "news": NEWS if kind == "rolled-back" else None,
        "gates": RUNNING if kind == "building" else GATES,
        "changes": CHANGES,
        "approval": APPROVAL,
        "record": RECORD,
        "chain": CHAIN,
        "told": TOLD,
    }
    return render(request, "board/release.html", context)


def gate(request: HttpRequest, kind: str) -> HttpResponse:
    state, result, why = {
        "failed": ("broken", "failed", "2 of 1,284 tests failed: test_slot_is_free, test_slot_is_taken"),
        "passed": ("serving", "passed", ""),
        "running": ("moving", "running", ""),
    }[kind]
    run = SimpleNamespace(
        name="unit", command="pytest -q", seconds=108, why=why, exit_code=1, started_at=NOW, reused=False, summary=""
    )
    context = {
        "run": run,
        "state": state,
        "result": result,
        "output": SimpleNamespace(text="" if kind == "running" else OUTPUT, next=0, complete=True),
        "more": "?from=65536" if kind == "passed" else "",
        "release": SimpleNamespace(id="rel_1", service="farmersmarket", version="1.5.0"),
        "now": NOW,
    }
    return render(request, "board/gate.html", context)


def releases(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "board/releases.html",
        {
            "title": "One release is moving.",
            "rows": ROWS,
            "now": NOW,
            "chips": samples.CHIPS[:1],
            "older": "/ui",
        },
    )


def incident(request: HttpRequest, kind: str = "mitigated") -> HttpResponse:
    return render(request, "respond/paging/incident.html", sample_incident.incident(kind, NEWS))


def page(template: str, context: dict[str, Any]) -> Callable[[HttpRequest], HttpResponse]:
    return lambda request: render(request, template, context)


def overview(request: HttpRequest, kind: str) -> HttpResponse:
    return render(request, "overview/overview.html", sample_incident.overview(kind))


def service(request: HttpRequest) -> HttpResponse:
    return render(request, "overview/service.html", sample_service.context())


def explore(request: HttpRequest, view: str) -> HttpResponse:
    return render(request, "telemetry/explore.html", sample_incident.explore(view, samples.PATTERNS))


def public_status(request: HttpRequest, health: str) -> HttpResponse:
    said = {
        "operational": "Everything works.",
        "degraded": "Some visitors see errors.",
        "outage": "There is an outage.",
    }
    answer = render(
        request,
        "respond/statuspage/public.html",
        {"status": sample_incident.status(health), "title": said[health], "url": "/"},
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return answer


ASK = {
    "incident": {
        "id": "inc_1",
        "number": 17,
        "title": "farmersmarket 1.5.0 was pulled from production",
        "sentence": "Requests fail more often on POST /checkout.",
        "severity": "SEV2",
        "service": "farmersmarket",
        "environment": "production",
        "opened_at": NOW - timedelta(minutes=4),
    },
    "now": NOW,
    "person": "Jonas Weber",
    "done": False,
}
VIEWER = Actor("person", "9", "Vera", Role.VIEWER, "vera@example.org")
GONE = {
    "problem": SimpleNamespace(
        detail="This link is not valid, or older than 24 hours.", hint="Log in and acknowledge on the incident's page."
    )
}


def at_the_edge(request: HttpRequest, kind: str) -> HttpResponse:
    """What visitors get from the edge itself."""
    route = empty_route() if kind == "empty" else maintenance_route(Maintenance())
    body = base64.b64decode(route["direct_response"]["body"]["inline_bytes"])
    answer = HttpResponse(body)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return answer


def fails(request: HttpRequest, kind: str) -> HttpResponse:
    """The pages of what goes wrong, as the middleware makes them."""
    if kind == "403":
        raise PermissionDenied
    if kind == "role":
        require(VIEWER, Role.ADMIN)
    if kind == "form":
        return csrf_failure(request, REASON_BAD_ORIGIN)
    raise RuntimeError(kind)


NOTHING = {
    "title": "No incident yet.",
    "empty": Empty(
        "Nothing has broken",
        "When golive pulls a release or a monitor goes red, it opens an incident here, writes down what it did, and pages whoever is on call.",
    ),
}
urlpatterns = [
    *real,
    path("sample/release/<str:kind>", release),
    path("sample/releases", releases),
    path("sample/incident", incident),
    path("sample/incident/<str:kind>", incident),
    path("sample/incidents", page("respond/paging/incidents.html", sample_incident.INCIDENTS)),
    path("sample/incidents/none", page("respond/paging/incidents.html", NOTHING)),
    path("sample/gate/<str:kind>", gate),
    path("sample/edge/<str:kind>", at_the_edge),
    path("sample/fails/<str:kind>", fails),
    path("sample/acknowledge", page("respond/paging/ack.html", ASK)),
    path("sample/acknowledge/done", page("respond/paging/ack.html", ASK | {"done": True})),
    path("sample/acknowledge/gone", page("respond/paging/ack.html", GONE)),
    path("sample/oncall", page("respond/oncall/oncall.html", sample_incident.ONCALL)),
    path("sample/channels", page("respond/channels/channels.html", sample_incident.CHANNELS)),
    path("sample/status/<str:health>", public_status),
    path(
        "sample/statuspage",
        page(
            "respond/statuspage/statuspage.html",
            {
                "status": sample_incident.status("degraded"),
                "port": 8079,
                "may_act": True,
                "now": NOW,
            },
        ),
    ),
    path("sample/overview/<str:kind>", overview),
    path("sample/explore/<str:view>", explore),
    path("sample/service", service),
]
