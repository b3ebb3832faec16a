"""Incidents, on-call, channels, overview, explore and the status page with believable content for the real templates."""

from datetime import timedelta
from types import SimpleNamespace as N
from typing import Any

from golive.kernel.ui import draw, sample_charts, samples, words
from golive.kernel.ui.draw import Lens, Mark, Plan, Series, Stretch
from golive.kernel.ui.parts import (
    Act,
    Chip,
    Consequence,
    Fact,
    Moment,
    Need,
    Pair,
    Staff,
    Tab,
)
from golive.kernel.ui.plots import Plot
from golive.kernel.ui.sample_charts import NOW, T, rivers
from golive.respond.overview.pages.first import first_steps

PAGED = Moment(
    NOW - timedelta(seconds=22),
    "opened #17 and paged Jonas",
    "by mail and Slack, at the moment of the pull",
    who="golive",
)
SEEN = Moment(NOW - timedelta(seconds=4), "acknowledged from his phone, 18 s after the page", who="Jonas Weber")
MOMENTS = [*samples.MOMENTS[:3], PAGED, samples.MOMENTS[3], SEEN]
RESOLVE = Act(
    "resolve",
    "Resolve #17",
    "/ui",
    main=True,
    question="Resolve #17?",
    says="It stays in the record; the status page says that it is over.",
    consequences=(Consequence("Status page", "Says: resolved"), Consequence("Pages", "Stop")),
    keep="Not yet",
)
ACKNOWLEDGE = Act("acknowledge", "I have it", "/ui", main=True)


def _staffs() -> list[Staff]:
    lens = Lens(T - 300, T + 20, T)
    failed = [
        (t, 0.05 if t < T - 34 else min(23.8, (t - T + 34) * 2.4) if t < T - 22 else 0.1)
        for t in (T - 300 + s * 2 for s in range(150))
    ]
    slow = [(t, 88.0 if not T - 34 < t < T - 18 else 2040.0) for t in (T - 300 + s * 2 for s in range(150))]
    marks = [Mark(T - 138), Mark(T - 22, state="broken")]
    one, two = Series("failed", failed, "broken", area=True), Series("p95", slow)
    return [
        Staff(
            "Failed checkouts",
            "both releases together",
            Plot(
                draw.time_chart(
                    lens,
                    [one],
                    label="Failed checkouts",
                    say=lambda v: f"{v:g} %",
                    top=30,
                    marks=marks,
                ),
                lens,
                [one],
                "percent",
                explore="/ui",
            ),
            big="0 %",
            unit="now",
            says=["peak 23.8 % at 14:31:46"],
        ),
        Staff(
            "Checkout p95",
            "promised 250 ms",
            Plot(
                draw.time_chart(
                    lens,
                    [two],
                    label="p95",
                    say=words.milliseconds,
                    top=2500,
                    limit=(250, "promised 250 ms"),
                    marks=marks,
                ),
                lens,
                [two],
                "ms",
                explore="/ui",
            ),
            big="88 ms",
            unit="now",
            says=["peak 2.04 s"],
        ),
    ]


def incident(kind: str, news: dict[str, Any]) -> dict[str, Any]:
    lens = Lens(T - 300, T + 20, T)
    line = draw.horizon(
        T,
        rivers(broken=True),
        label="The line of time",
        marks=[Mark(T - 34, "#17", "broken")],
        plans=[Plan(T + 12000, "hand-off to Ana")],
        lens=lens,
    )
    pages = [
        {
            "who": "Jonas Weber",
            "channel": "mail",
            "accepted": "0.3 s",
            "delivered": "1.1 s",
            "acknowledged": "18 s",
        },
        {
            "who": "Jonas Weber",
            "channel": "Slack webhook",
            "accepted": "0.6 s",
            "delivered": "",
            "acknowledged": "",
        },
        {
            "who": "Ana Ruiz",
            "channel": "mail",
            "accepted": "",
            "delivered": "",
            "acknowledged": "",
            "error": "connection refused, trying again in 8 s",
        },
    ]
    burning = kind == "burning"
    shown = N(
        id="inc_1",
        number="#17",
        state="broken" if burning else "moving",
        moving=True,
        severity="SEV1" if burning else "SEV2",
        state_word="Open" if burning else "Mitigated",
        site="farmersmarket production",
        lead="" if burning else "Jonas Weber",
        release="/sample/release/rolled-back",
        title="Checkout fails for every customer, on both releases."
        if burning
        else "Checkout failed for 14 customers. It works again.",
        broken="Checkout" if burning else "Nothing any more",
        broken_detail="every POST /checkout answers 503" if burning else "Was: one checkout in six under 1.5.0",
        since="14:31:34, for 12 seconds",
        since_detail="mitigated 22 s ago",
        did="Pulled 1.5.0, blamed nobody" if burning else "Pulled and rolled back 1.5.0",
        did_detail="paged Jonas, posted on the status page",
        asked="Find out why payments refuses connections" if burning else "Decide: tell the 14 customers?",
        asked_detail="Nobody has acknowledged yet; Ana is paged at 14:36" if burning else "then resolve",
        acts=[ACKNOWLEDGE] if burning else [RESOLVE],
        horizon=line,
        staffs=_staffs(),
        moments=MOMENTS,
        pages=pages,
        evidence=news,
        said=[
            N(
                at=NOW - timedelta(seconds=20),
                text="Some checkouts failed between 14:31:34 and 14:31:46. Nobody was charged. Checkout works again.",
            )
        ],
        word_path="/ui",
        note_path="/ui",
        facts=[Fact("failed requests", "17"), Fact("first failure to safe", "12 s")],
    )
    return {"incident": shown, "now": NOW}


INCIDENTS = {
    "title": "One incident is open.",
    "say": "",
    "now": NOW,
    "rows": [
        {
            "path": "/sample/incident",
            "number": "#17",
            "state": "moving",
            "moving": True,
            "state_word": "Mitigated",
            "severity": "SEV2",
            "title": "Checkout failed for 14 customers",
            "detail": "One checkout in six failed on 1.5.0.",
            "opened_at": NOW - timedelta(seconds=22),
            "lasted": "12 s",
            "lead": "Jonas Weber",
        },
        {
            "path": "/sample/incident",
            "number": "#16",
            "state": "serving",
            "moving": False,
            "state_word": "Resolved",
            "severity": "SEV3",
            "title": "Search was slow",
            "detail": "No release to blame.",
            "opened_at": NOW - timedelta(days=9),
            "lasted": "4 h 12 min",
            "lead": "Ana Ruiz",
        },
    ],
}
PEOPLE = [
    {
        "email": "jonas@example.org",
        "name": "Jonas Weber",
        "level": 1,
        "reachable": True,
        "contacts": [
            {"channel_name": "Mail", "address": "jonas@example.org", "usable": True},
            {"channel_name": "Team chat", "address": "", "usable": False},
        ],
    },
    {"email": "ana@example.org", "name": "Ana Ruiz", "level": 2, "contacts": []},
]
CHANNEL_ROWS = [
    {
        "id": "chn_1",
        "name": "Mail",
        "kind_title": "Mail",
        "settings": {"host": "mail.example.org", "port": "587"},
        "is_on": True,
        "tested_at": NOW - timedelta(seconds=20),
        "test_error": "",
    },
    {
        "id": "chn_2",
        "name": "Team chat",
        "kind_title": "Slack",
        "settings": {},
        "is_on": True,
        "tested_at": NOW - timedelta(minutes=4),
        "test_error": "The receiver answered 403: no_service",
    },
    {
        "id": "chn_3",
        "name": "Pager",
        "kind_title": "PagerDuty",
        "settings": {},
        "is_on": False,
        "tested_at": None,
        "test_error": "",
    },
]
KIND = {
    "name": "smtp",
    "title": "Mail",
    "settings": [
        {"name": "host", "label": "Server", "default": "", "required": True},
        {"name": "security", "label": "Security", "choices": ["starttls", "tls"], "default": "tls"},
        {"name": "password", "label": "Password", "secret": True, "default": ""},
    ],
}
ONCALL = {
    "now_on_call": {"level1": PEOPLE[:1], "level2": PEOPLE[1:]},
    "people": PEOPLE,
    "channels": CHANNEL_ROWS,
    "may_change": True,
    "escalate_minutes": 5.0,
    "resend_minutes": 5.0,
    "now": NOW,
}
REMOVE = Act("remove-chn_1", "Remove", "/ui", danger=True, question="Remove Mail?", keep="Keep it")
CHANNELS = {
    "rows": [(row, [REMOVE]) for row in CHANNEL_ROWS],
    "usable": 1,
    "removals": [REMOVE],
    "kinds": [KIND, {"name": "slack", "title": "Slack", "settings": []}],
    "chosen": KIND,
    "is_admin": True,
    "now": NOW,
}


FIGURES = {11: (38.4, 0.0009), 41: (11.2, 0.0031), 71: (6.8, 0.0), 14: (2.1, 0.0)}  # requests a second, share of errors


def _cell(said: str, seed: int, state: str | None = None) -> dict[str, Any]:
    return {"said": said, "values": sample_charts.spark(seed), "state": state}


def _place(
    seed: int,
    name: str,
    detail: str,
    state: str,
    lane: list[Stretch],
    p95: str = "142 ms",
    slow: bool = False,
    budget: tuple[float, str] | None = (0.71, "30.7 of 43.2 min"),
) -> dict[str, Any]:
    return {
        "path": "/sample/release/canary",
        "state": state,
        "moving": state == "moving",
        "name": name,
        "environment": detail.split(" · ", maxsplit=1)[0],
        "detail": detail.split(" · ")[1],
        "release": "/sample/release/canary",
        "lane": draw.lane(T, lane, plans=[T + 42, T + 3600] if state == "moving" else []),
        "requests": _cell(words.rate(FIGURES[seed][0]), seed),
        "errors": _cell(words.percent(FIGURES[seed][1]), seed + 1),
        "p95": _cell(p95, seed + 2, "suspicious" if slow else None),
        "budget": {"said": words.percent(budget[0]), "left": budget[0], "detail": budget[1]} if budget else None,
    }


def overview(kind: str) -> dict[str, Any]:
    if kind == "empty":
        return {
            "title": "Nothing is live yet.",
            "say": "",
            "places": [],
            "first": first_steps(None, channels=1, on_call=0, people=1),
            "now": NOW,
        }
    day = 86400
    places = [
        _place(11, "farmersmarket", "production · 1.5.0 at 10 %", "moving", rivers()),
        _place(
            41,
            "courier",
            "production · 0.9.3, 6 days",
            "suspicious",
            [
                Stretch("0.9.2", T - 30 * day, T - 6 * day, past=True),
                Stretch("0.9.3", T - 6 * day, T - 1260),
                Stretch("", T - 1260, state="suspicious"),
            ],
            "412 ms",
            True,
            (0.18, "7.8 of 43.2 min"),
        ),
        _place(
            71,
            "stallkeeper",
            "production · 2.2.0, 12 days",
            "serving",
            [
                Stretch("2.1.4", T - 30 * day, T - 12 * day, past=True),
                Stretch("2.2.0", T - 12 * day),
            ],
            "96 ms",
            False,
            (0.94, "40.6 of 43.2 min"),
        ),
        _place(
            14,
            "farmersmarket",
            "staging · 1.5.0, 29 min",
            "serving",
            [Stretch("1.4.2", T - 17 * day, T - 1740, past=True), Stretch("1.5.0", T - 1740)],
            "118 ms",
            False,
            None,
        ),
        {
            "path": "/ui",
            "state": "unknown",
            "moving": False,
            "name": "stallkeeper",
            "environment": "staging",
            "detail": "no news for 3 h",
            "lane": draw.lane(T, [Stretch("2.2.0", T - 13 * day, T - 10800, past=True)]),
            "requests": None,
            "silence": "last request 11:24, probe refused",
        },
    ]
    if kind == "many":
        places = places * 40
    axis = draw.horizon(
        T,
        [],
        label="Thirty days past, now, and what is planned",
        marks=[
            Mark(T - 16 * day),
            Mark(T - 6 * day),
            Mark(T - 1740),
            Mark(T - 9 * day, "#16", "broken"),
        ],
        plans=[Plan(T + 42, "50 %", "moving"), Plan(T + 12000, "hand-off")],
    )
    needs: list[Need] = [] if kind == "calm" else list(samples.NEEDS)
    title = "Nothing is broken. One release is moving."
    happened = [
        Moment(
            NOW - timedelta(seconds=2),
            "1.5.0 at 10 %: no difference found yet",
            state="moving",
            path="/ui",
        ),
        Moment(NOW - timedelta(minutes=2), "farmersmarket 1.5.0 got its first traffic", state="moving"),
        Moment(NOW - timedelta(minutes=5), "approved 1.5.0 for production", who="Priya"),
        Moment(NOW - timedelta(minutes=16), "Jonas was told: courier is slow", state="suspicious"),
        Moment(NOW - timedelta(minutes=32), "Nightly backup restored, 0 differences", state="serving"),
    ]
    return {
        "title": "All is well." if kind == "calm" else title,
        "say": "",
        "needs": needs,
        "needs_title": "Nothing needs a person" if kind == "calm" else "Two things need a person",
        "moments": happened,
        "horizon": axis,
        "places": places,
        "now": NOW,
    }


def explore(view: str, patterns: Any) -> dict[str, Any]:
    request = {
        "at": NOW,
        "method": "POST",
        "path": "/checkout",
        "release": "1.5.0",
        "ms": 187,
        "attempts": 1,
        "flags": "",
        "trace": "/sample/explore/trace",
        "logs": "/sample/explore/logs",
    }
    rows = [
        request | {"state": "broken", "status": 500},
        request | {"state": "serving", "status": 200, "path": "/a/very/long/path/that/goes/on/" + "x" * 90},
        request | {"state": "suspicious", "status": 0, "flags": "client left", "ms": 2041},
    ]
    traces = [
        {
            "at": NOW,
            "state": "broken",
            "path": "/sample/explore/trace",
            "name": "POST /checkout",
            "exception": "KeyError: 'percent_off'",
            "release": "1.5.0",
            "status": 500,
            "ms": 187.4,
        },
        {
            "at": NOW,
            "state": "serving",
            "path": "/sample/explore/trace",
            "name": "GET /",
            "exception": "",
            "release": "1.4.2",
            "status": 200,
            "ms": 12.1,
        },
    ]
    trace = N(
        short="7f3a91",
        id="7f3a91e2c41d",
        name="POST /checkout failed after 2.04 s",
        detail="14:31:46 · release 1.5.0 · 11 spans",
        badge="500",
        state="broken",
        spans=samples.SPANS,
        total_ms=2041,
        errors=[
            {
                "kind": "LockNotAvailable",
                "message": "could not obtain lock",
                "span": "SELECT … FOR UPDATE",
                "stack": 'File "orders/views.py", line 88, in reserve_slot',
            }
        ],
        attributes=[("http.route", "/checkout"), ("user.id", "u_77")],
        lines=samples.LOG,
    )
    names = {"requests": "Requests", "traces": "Traces", "logs": "Logs"}
    return {
        "title": {
            "requests": "14 of 297 checkouts failed.",
            "traces": "2 traces of checkout.",
            "logs": "1,284 lines in 6 patterns.",
            "trace": "One checkout, 2.04 s.",
        }[view],
        "view": view,
        "action": f"/sample/explore/{view}",
        "back": "/sample/explore/traces",
        "placeholder": "route, path, status or words",
        "query": "checkout",
        "hidden": [],
        "follow": False,
        "follow_path": "/ui",
        "tabs": [Tab(name, f"/sample/explore/{key}", key == view, "1,204") for key, name in names.items()],
        "chips": [Chip("release", "1.5.0", "/ui"), Chip("status", "500 and up", "/ui")],
        "ranges": [{"value": "1h", "name": "last hour", "chosen": True}, {"value": "24h", "name": "last 24 hours"}],
        "sites": [{"value": "farmersmarket/production", "name": "farmersmarket production", "chosen": True}],
        "plot": sample_charts.bars() if view != "trace" else None,
        "plot_name": "Requests",
        "plot_detail": "failed in red",
        "pairs": [Pair("all", "297", "4.9 a second"), Pair("failed", "17", "all of them 1.5.0", "broken")],
        "rows": rows if view == "requests" else traces,
        "trace": trace,
        "patterns": patterns,
        "lines": samples.LOG,
        "body": f"telemetry/{view}.html",
        "now": NOW,
    }


def status(health: str) -> N:
    day = [
        N(
            day=NOW - timedelta(days=89 - i),
            health="outage" if i == 40 else "degraded" if i in (41, 82) else "operational",
            trouble_s=61,
        )
        for i in range(90)
    ]
    said = [
        N(
            id=2,
            at=NOW - timedelta(minutes=4),
            state="mitigated",
            text="The new version was taken back. farmersmarket works normally for everyone.",
            worded_by="",
            facts_text="",
        ),
        N(
            id=1,
            at=NOW - timedelta(minutes=5),
            state="investigating",
            text="A new version of farmersmarket caused errors for some visitors. They were moved back to the version before while we look into it.",
            worded_by="Jonas",
            facts_text="golive's words",
        ),
    ]
    story = N(
        incident="inc_1",
        component="farmersmarket",
        updates=said if health == "operational" else said[1:],
        state="mitigated" if health == "operational" else "investigating",
        over=health == "operational",
    )
    work = N(
        component="farmersmarket",
        title="Database moves to a larger disk",
        text="Shopping pauses for at most 4 minutes.",
        starts_at=NOW + timedelta(days=3),
        ends_at=NOW + timedelta(days=3, hours=1),
        running=False,
    )
    parts = [
        N(
            site="farmersmarket/production",
            name="farmersmarket",
            health=health,
            bars=day,
            uptime=0.9998,
        ),
        N(
            site="courier/production",
            name="courier",
            health="operational",
            bars=day[:40] * 2 + day[80:],
            uptime=1.0,
        ),
    ]
    return N(
        health=health,
        components=parts,
        stories=[story],
        open_stories=[] if story.over else [story],
        past_stories=[story] if story.over else [],
        maintenance=[work],
        changed_at=NOW,
    )
