"""Incidents, on-call, channels, overview, explore and the status page with believable content for the real templates."""

from datetime import timedelta
from types import SimpleNamespace as N
from typing import Any

from golive.kernel.ui import draw, samples, words
from golive.kernel.ui.draw import Lens, Mark, Plan, Series, Stretch
from golive.kernel.ui.parts import Act, Chip, Consequence, Empty, Fact, Moment, Need, Pair, Staff, Tab
from golive.kernel.ui.plots import Plot
from tests.support.sample_releases import NOW, rivers

T = NOW.timestamp()
MOMENTS = [
    Moment(NOW - timedelta(seconds=138), "1.5.0 got 10 % of production", state="moving"),
    Moment(NOW - timedelta(seconds=34), "First failed checkout: LockNotAvailable in reserve_slot()", state="broken", path="/ui"),
    Moment(NOW - timedelta(seconds=22), "pulled 1.5.0, share 0 in 0.4 s", "evidence 20.5, limit 20; 14 of 88 failed, 0 of 89 in 1.4.2", who="golive"),
    Moment(NOW - timedelta(seconds=22), "opened INC-17 and paged Jonas", "first try by mail and Slack, in the same transaction", who="golive"),
    Moment(NOW - timedelta(seconds=12), "rolled back to 1.4.2", "12 paired requests: new 5 failed, old 0", who="golive"),
    Moment(NOW - timedelta(seconds=4), "acknowledged from his phone, 18 s after the page", who="Jonas Weber"),
]
RESOLVE = Act("resolve", "Resolve INC-17", "/ui", main=True, question="Resolve INC-17?", says="It stays in the record; the status page says that it is over.", consequences=(Consequence("Status page", "Says: resolved"), Consequence("Pages", "Stop")), keep="Not yet")
ACKNOWLEDGE = Act("acknowledge", "I have it", "/ui", main=True)


def _staffs() -> list[Staff]:
    lens = Lens(T - 300, T + 20, T)
    failed = [(t, 0.05 if t < T - 34 else min(23.8, (t - T + 34) * 2.4) if t < T - 22 else 0.1) for t in (T - 300 + s * 2 for s in range(150))]
    slow = [(t, 88.0 if not T - 34 < t < T - 18 else 2040.0) for t in (T - 300 + s * 2 for s in range(150))]
    marks = [Mark(T - 138), Mark(T - 22, state="broken")]
    one, two = Series("failed", failed, "broken", area=True), Series("p95", slow)
    return [
        Staff("Failed checkouts", "both releases together", Plot(draw.time_chart(lens, [one], label="Failed checkouts", say=lambda v: f"{v:g} %", top=30, marks=marks), lens, [one], "percent", explore="/ui"), big="0 %", unit="now", says=["peak 23.8 % at 14:31:46"]),
        Staff("Checkout p95", "promised 250 ms", Plot(draw.time_chart(lens, [two], label="p95", say=words.milliseconds, top=2500, limit=(250, "promised 250 ms"), marks=marks), lens, [two], "ms", explore="/ui"), big="88 ms", unit="now", says=["peak 2.04 s"]),
    ]


def incident(kind: str, news: dict[str, Any]) -> dict[str, Any]:
    lens = Lens(T - 300, T + 20, T)
    line = draw.horizon(T, rivers(0.1, out=True, bad=True), label="The line of time", marks=[Mark(T - 34, "INC-17", "broken")], plans=[Plan(T + 12000, "hand-off to Ana")], lens=lens)
    pages = [{"who": "Jonas Weber", "channel": "mail", "accepted": "0.3 s", "delivered": "1.1 s", "acknowledged": "18 s"}, {"who": "Jonas Weber", "channel": "Slack webhook", "accepted": "0.6 s", "delivered": "", "acknowledged": ""}, {"who": "Ana Ruiz", "channel": "mail", "accepted": "", "delivered": "", "acknowledged": "", "error": "connection refused, trying again in 8 s"}]
    burning = kind == "burning"
    shown = N(
        id="inc_1", number="INC-17", state="broken" if burning else "moving", moving=True, severity="SEV1" if burning else "SEV2", state_word="Open" if burning else "Mitigated", site="farmersmarket production", lead="" if burning else "Jonas Weber", release="/sample/release/rolled-back",
        title="Checkout fails for every customer, on both releases." if burning else "Checkout failed for 14 customers. It works again.",
        broken="Checkout" if burning else "Nothing any more", broken_detail="every POST /checkout answers 503" if burning else "Was: one checkout in six under 1.5.0", since="14:31:34, for 12 seconds", since_detail="mitigated 22 s ago", did="Pulled 1.5.0, blamed nobody" if burning else "Pulled and rolled back 1.5.0", did_detail="paged Jonas, posted on the status page",
        asked="Find out why payments refuses connections" if burning else "Decide: tell the 14 customers?", asked_detail="Nobody has acknowledged yet; Ana is paged at 14:36" if burning else "then resolve",
        acts=[ACKNOWLEDGE] if burning else [RESOLVE], horizon=line, staffs=_staffs(), moments=MOMENTS, pages=pages, evidence=news, status_at=NOW - timedelta(seconds=20), status_text="Some checkouts failed between 14:31:34 and 14:31:46. Nobody was charged. Checkout works again.", status_path="/ui", note_path="/ui",
        facts=[Fact("Failed requests", "17"), Fact("Customers", "14"), Fact("First failure to safe", "12 s")],
    )  # fmt: skip
    return {"incident": shown, "now": NOW}


INCIDENTS = {
    "title": "One incident is open.", "say": "", "now": NOW,
    "rows": [{"path": "/sample/incident", "number": "INC-17", "state": "moving", "moving": True, "state_word": "Mitigated", "severity": "SEV2", "title": "Checkout failed for 14 customers", "site": "farmersmarket production", "opened_at": NOW - timedelta(seconds=22), "lasted": "12 s", "lead": "Jonas Weber"},
             {"path": "/sample/incident", "number": "INC-16", "state": "serving", "moving": False, "state_word": "Resolved", "severity": "SEV3", "title": "Search was slow", "site": "market-search production", "opened_at": NOW - timedelta(days=9), "lasted": "4 h 12 min", "lead": "Ana Ruiz"}],
}  # fmt: skip
ONCALL = {"title": "Jonas Weber is on call.", "say": "When something breaks, golive tells level 1 at once and level 2 when nobody has said “I have it”.", "levels": [
    {"name": "Level 1", "after": "told at once", "people": [{"name": "Jonas Weber", "email": "jonas@example.org", "channels": "mail, Slack webhook", "tested_at": NOW - timedelta(days=2)}]},
    {"name": "Level 2", "after": "after 5 min without an answer", "people": [{"name": "Ana Ruiz", "email": "ana@example.org", "channels": "mail", "tested_at": None}]}], "now": NOW}  # fmt: skip
CHANNELS = {"title": "3 channels, 1 of them refuses.", "say": "A channel is proven by a message that arrived, not by settings that look right.", "now": NOW, "channels": [
    {"name": "Mail", "kind": "SMTP", "target": "mail.example.org:587", "state": "serving", "said": "delivered in 1.1 s", "last_at": NOW - timedelta(seconds=20), "test_path": "/ui"},
    {"name": "Team chat", "kind": "Slack webhook", "target": "https://hooks.example.org/…9f", "state": "broken", "said": "answered 403", "last_at": NOW - timedelta(minutes=4), "test_path": "/ui"},
    {"name": "Pager", "kind": "PagerDuty", "target": "…77c1", "state": "unknown", "said": "never tried", "last_at": None, "test_path": "/ui"}]}  # fmt: skip


def _cell(said: str, seed: int, state: str | None = None) -> dict[str, Any]:
    return {"said": said, "values": samples.spark(seed), "state": state}


def _place(seed: int, name: str, detail: str, state: str, lane: list[Stretch], p95: str = "142 ms", slow: bool = False, budget: tuple[float, str] | None = (0.71, "30.7 of 43.2 min")) -> dict[str, Any]:
    return {
        "path": "/sample/release/canary", "state": state, "moving": state == "moving", "name": name, "detail": detail, "lane": draw.lane(T, lane, plans=[T + 42, T + 3600] if state == "moving" else []),
        "requests": _cell("38.4", seed), "errors": _cell("0.09 %", seed + 1), "p95": _cell(p95, seed + 2, "suspicious" if slow else None), "budget": {"said": words.percent(budget[0]), "left": budget[0], "pace": 0.63, "detail": budget[1]} if budget else None,
    }  # fmt: skip


def overview(kind: str) -> dict[str, Any]:
    if kind == "empty":
        return {"title": "Nothing is live yet.", "say": "", "places": [], "empty": Empty("Ship your first app", "In the repository of a web app, these two commands write a golive.toml of a few lines and take the app to production.", "golive init && golive deploy"), "now": NOW}
    day = 86400
    places = [
        _place(11, "farmersmarket", "production · 1.5.0 at 10 %", "moving", rivers(0.1)),
        _place(41, "courier", "production · 0.9.3, 6 days", "suspicious", [Stretch("0.9.2", T - 30 * day, T - 6 * day, past=True), Stretch("0.9.3", T - 6 * day, T - 1260), Stretch("0.9.3", T - 1260, state="suspicious")], "412 ms", True, (0.18, "7.8 of 43.2 min")),
        _place(71, "stallkeeper", "production · 2.2.0, 12 days", "serving", [Stretch("2.1.4", T - 30 * day, T - 12 * day, past=True), Stretch("2.2.0", T - 12 * day)], "96 ms", False, (0.94, "40.6 of 43.2 min")),
        _place(14, "farmersmarket", "staging · 1.5.0, 29 min", "serving", [Stretch("1.4.2", T - 17 * day, T - 1740, past=True), Stretch("1.5.0", T - 1740)], "118 ms", False, None),
        {"path": "/ui", "state": "unknown", "moving": False, "name": "stallkeeper", "detail": "staging · no news for 3 h", "lane": draw.lane(T, [Stretch("2.2.0", T - 13 * day, T - 10800, past=True)]), "requests": None, "silence": "last request 11:24, probe refused"},
    ]
    if kind == "many":
        places = places * 40
    axis = draw.horizon(T, [], label="Thirty days past, now, and what is planned", marks=[Mark(T - 16 * day), Mark(T - 6 * day), Mark(T - 1740), Mark(T - 9 * day, "INC-16", "broken")], plans=[Plan(T + 42, "50 %", "moving"), Plan(T + 12000, "hand-off")])
    needs: list[Need] = [] if kind == "calm" else list(samples.NEEDS)
    title = "Nothing is broken. One release is moving."
    happened = [Moment(NOW - timedelta(seconds=2), "1.5.0 at 10 %: no difference found yet", state="moving", path="/ui"), Moment(NOW - timedelta(minutes=2), "farmersmarket 1.5.0 got its first traffic", state="moving"), Moment(NOW - timedelta(minutes=5), "approved 1.5.0 for production", who="Priya"), Moment(NOW - timedelta(minutes=16), "Jonas was told: courier is slow", state="suspicious"), Moment(NOW - timedelta(minutes=32), "Nightly backup restored, 0 differences", state="serving")]
    return {"title": "All is well." if kind == "calm" else title, "say": "", "needs": needs, "needs_title": "Nothing needs a person" if kind == "calm" else "Two things need a person", "moments": happened, "horizon": axis, "places": places, "now": NOW}


def explore(view: str, patterns: Any) -> dict[str, Any]:
    from django.utils.safestring import mark_safe  # noqa: F401

    request = {"at": NOW, "method": "POST", "path": "/checkout", "release": "1.5.0", "ms": 187, "attempts": 1, "flags": "", "trace": "/sample/explore/trace", "logs": "/sample/explore/logs"}
    rows = [request | {"state": "broken", "status": 500}, request | {"state": "serving", "status": 200, "path": "/a/very/long/path/that/goes/on/" + "x" * 90}, request | {"state": "suspicious", "status": 0, "flags": "client left", "ms": 2041}]
    traces = [{"at": NOW, "state": "broken", "path": "/sample/explore/trace", "name": "POST /checkout", "exception": "KeyError: 'percent_off'", "release": "1.5.0", "status": 500, "ms": 187.4}, {"at": NOW, "state": "serving", "path": "/sample/explore/trace", "name": "GET /", "exception": "", "release": "1.4.2", "status": 200, "ms": 12.1}]
    trace = N(short="7f3a91", id="7f3a91e2c41d", name="POST /checkout failed after 2.04 s", detail="14:31:46 · release 1.5.0 · 11 spans", badge="500", state="broken", spans=samples.SPANS, total_ms=2041, errors=[{"kind": "LockNotAvailable", "message": "could not obtain lock", "span": "SELECT … FOR UPDATE", "stack": 'File "orders/views.py", line 88, in reserve_slot'}], attributes=[("http.route", "/checkout"), ("user.id", "u_77")], lines=samples.LOG)
    names = {"requests": "Requests", "traces": "Traces", "logs": "Logs"}
    return {
        "title": {"requests": "14 of 297 checkouts failed.", "traces": "2 traces of checkout.", "logs": "1,284 lines in 6 patterns.", "trace": "One checkout, 2.04 s."}[view], "view": view, "action": f"/sample/explore/{view}", "back": "/sample/explore/traces", "placeholder": "route, path, status or words", "query": "checkout", "hidden": [], "follow": False, "follow_path": "/ui",
        "tabs": [Tab(name, f"/sample/explore/{key}", key == view, "1,204") for key, name in names.items()], "chips": [Chip("release", "1.5.0", "/ui"), Chip("status", "500 and up", "/ui")], "ranges": [{"value": "1h", "name": "last hour", "chosen": True}, {"value": "24h", "name": "last 24 hours"}], "sites": [{"value": "farmersmarket/production", "name": "farmersmarket production", "chosen": True}],
        "plot": samples.bars() if view != "trace" else None, "plot_name": "Requests", "plot_detail": "failed in red", "pairs": [Pair("all", "297", "4.9 a second"), Pair("failed", "17", "all of them 1.5.0", "broken")], "rows": rows if view == "requests" else traces, "trace": trace, "patterns": patterns, "lines": samples.LOG, "body": f"telemetry/{view}.html", "now": NOW,
    }  # fmt: skip


def status_page() -> dict[str, Any]:
    days = samples.CALENDAR
    return {
        "name": "Farmers Market", "at": NOW, "headline": "You can shop. Text messages are late.", "headline_detail": "E-mail and the messages in the app come at once. Our text message provider is slow since 14:11; we look again at 15:00.", "state": "suspicious",
        "components": [{"name": "Shop and checkout", "state": "serving", "said": "Works", "uptime": "99.98 % in 90 days", "days": days}, {"name": "Notifications", "state": "suspicious", "said": "Text messages are late", "uptime": "99.61 % in 90 days", "days": days}],
        "today": MOMENTS[:3], "planned": [{"when": "Sun 22 Nov, 02:00", "says": "Database moves to a larger disk. Shopping pauses for at most 4 minutes."}],
    }  # fmt: skip
