"""Believable content for the style guide, always the same: it is what the browser tests look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from golive.kernel.ui.draw import State
from golive.kernel.ui.draw.bars import Part
from golive.kernel.ui.parts import (
    Act,
    Chip,
    Consequence,
    Empty,
    LogLine,
    Moment,
    Need,
    Pattern,
    Span,
    Tab,
)
from golive.kernel.ui.sample_charts import NOW

SHARES = {
    "one serves": [Part("1.4.2", 1.0, "serving")],
    "canary": [Part("1.4.2", 0.9, "serving"), Part("1.5.0", 0.1, "moving")],
    "half": [Part("1.4.2", 0.5, "serving"), Part("1.5.0", 0.5, "moving")],
    "bad half": [Part("1.4.2", 0.5, "serving"), Part("1.5.0", 0.5, "broken")],
}

ACTS: Sequence[Act] = (
    Act("hold", "Hold at 10 %", "/ui"),
    Act(
        "promote",
        "Go to 50 % now",
        "/ui",
        question="Send 50 % to 1.5.0 now?",
        says="The judge has seen 531 requests, too few to be sure.",
        consequences=(
            Consequence("Will serve", "1.4.2 and 1.5.0, half each"),
            Consequence("Database", "Stays as it is"),
            Consequence("Undo", "Pull 1.5.0, under a second"),
        ),
        keep="Wait for the judge",
    ),
    Act(
        "rollback",
        "Roll back to 1.4.2",
        "/ui",
        main=True,
        question="Roll back to 1.4.2?",
        says="1.4.2 is warm and serves 90 % already. Nobody will notice.",
        consequences=(
            Consequence("Will serve", "1.4.2 at 100 %, in under a second, watched for 10 minutes"),
            Consequence("Database", "Stays as it is: migration 0031 only added a column that 1.4.2 ignores"),
            Consequence("Undo", "1.5.0 stays on this machine for 24 h; deploy it again and it is back"),
        ),
        keep="Keep 1.5.0 at 10 %",
    ),
    Act("approve", "Approve", "/ui", refused="You wrote it; someone else approves"),
    Act(
        "remove",
        "Remove farmersmarket",
        "/ui",
        danger=True,
        question="Remove farmersmarket?",
        says="This cannot be undone.",
        consequences=(
            Consequence("Will serve", "Nothing: the address answers 404"),
            Consequence("Database", "The last backup stays for 30 days"),
        ),
        keep="Keep it",
    ),
)

NEEDS: Sequence[Need] = (
    Need(
        "courier 0.9.4 waits for approval",
        "1 of 2 given (Jonas, 14:09). Staging passed 31 of 31 checks. Expires in 3 h 37 min.",
        "Review and approve",
        "/ui",
        "moving",
        main=True,
    ),
    Need(
        "courier has been slow for 21 min",
        "p95 412 ms, promised 300. No release to blame. On call: Jonas, told 14:16.",
        "Look at traces",
        "/ui",
        "suspicious",
    ),
)

MOMENTS: Sequence[Moment] = (
    Moment(NOW - timedelta(seconds=60), "1.5.0 got 50 % of production", state="moving"),
    Moment(
        NOW - timedelta(seconds=34),
        "First failed checkout: LockNotAvailable in reserve_slot()",
        state="broken",
        path="/ui",
    ),
    Moment(
        NOW - timedelta(seconds=22),
        "pulled 1.5.0, share 0 in 0.4 s",
        "evidence 20.5, limit 20; 14 of 88 failed, 0 of 89 in 1.4.2",
        who="golive",
    ),
    Moment(
        NOW - timedelta(seconds=12), "rolled back to 1.4.2", "12 paired requests: new 5 failed, old 0", who="golive"
    ),
    Moment(NOW, "Runbook step 2 ran: locks on pickup_slot, 0 waiting", state="serving"),
)

EMPTIES: Sequence[Empty] = (
    Empty(
        "Nothing new so far",
        "No error, log pattern or slow route in 1.5.0 that 1.4.2 does not have as well. golive compares them every second; what it finds appears here with a count and an example.",
    ),
    Empty(
        "No service yet",
        "Tell golive about an app: in its repository, this writes a golive.toml of a few lines, and the next command ships it.",
        "golive init && golive deploy",
    ),
)

SPANS: Sequence[Span] = (
    Span("POST /checkout", 0, 1, 2041, detail="edge"),
    Span("checkout.views.place", 0.002, 0.996, 2036, 1, "web-3"),
    Span("cart.load", 0.004, 0.003, 6, 2, "cache hit"),
    Span("SELECT products", 0.012, 0.02, 41, 3, "9 rows", "database"),
    Span("POST payments/authorise", 0.05, 0.2, 410, 2, "200", "outgoing"),
    Span("SELECT … FROM pickup_slot … FOR UPDATE", 0.26, 0.735, 1500, 3, "", "database", "broken"),
)

LOG: Sequence[LogLine] = (
    LogLine(NOW, "INFO", "order 88214 PENDING → CONFIRMED", "1.4.2"),
    LogLine(
        NOW - timedelta(seconds=1),
        "ERROR",
        "checkout failed: LockNotAvailable order=88213 card=•••• trace=7f3a91e2c41d",
        "1.5.0",
        "broken",
        "/ui",
    ),
    LogLine(NOW - timedelta(seconds=2), "WARN", "slot 118/Sat held for 1870 ms by b20c91", "1.5.0", "suspicious"),
    LogLine(NOW - timedelta(seconds=3), "INFO", "<script>alert(1)</script> is only text", "1.5.0"),
)

PATTERNS: Sequence[Pattern] = (
    Pattern(
        64,
        [("slot ", False), ("118/Sat", True), (" held for ", False), ("1870", True), (" ms", False)],
        "new in 1.5.0",
        "broken",
    ),
    Pattern(798, [("order ", False), ("88209", True), (" confirmed", False)], "16 days ago"),
)

CHIPS: Sequence[Chip] = (
    Chip("service", "farmersmarket", "/ui"),
    Chip("route", "POST /checkout", "/ui"),
    Chip("release", "1.5.0", "/ui"),
    Chip("last", "hour"),
)
TABS: Sequence[Tab] = (
    Tab("What is new", "/ui?tab=new#tabs", True, "0"),
    Tab("Gates", "/ui?tab=gates#tabs", False, "11 passed"),
    Tab("Changes", "/ui?tab=changes#tabs", False, "9 commits"),
    Tab("Approvals", "/ui?tab=approvals#tabs", False, "2 of 2"),
    Tab("Record", "/ui?tab=record#tabs", False, "41 events"),
)
CALENDAR: Sequence[State] = tuple(
    "unknown"
    if i < 14
    else "broken"
    if i == 40
    else "suspicious"
    if i in (41, 82)
    else "moving"
    if i == 70
    else "serving"
    for i in range(90)
)
DIFF = "@@ orders/migrations/0031_pickup_slot.py · expand, safe while 1.4.2 runs\n+ALTER TABLE pickup_slot ADD COLUMN held_until timestamptz NULL;\n-CHECKOUT_STEPS=3\n CREATE INDEX CONCURRENTLY pickup_slot_open ON pickup_slot (stall_id, day);"
CODE = '[environments.production]\nsteps = [{ share = 10, at_least = "2m" }]'
