"""Files are read exactly once, whatever happens to the process, the files or their content."""

import contextlib
import json
import threading
import time
from datetime import timedelta

from golive.adapters.clickhouse.intake import Intake
from golive.kernel import clock
from golive.watch.telemetry.queries import errors, logs, traffic
from tests.support import wait_for
from tests.support.telemetry import HOUR, now

META = {
    "service": "shop",
    "environment": "production",
    "release": "rel_a",
    "version": "1.0",
    "process": "web",
    "replica": "rel_a-production-web-1",
}


def request_line(number, **fields):
    line = {
        "ts": f"{time.time():.6f}",
        "request": f"req-{number}",
        "method": "GET",
        "path": f"/orders/{number}",
        "code": 200,
        "flags": "-",
        "ms": 12,
        "release": "rel_a",
        "replica": "127.0.0.1:9001",
        "route": None,
        "visitor": f"v{number % 7}",
        "ip": "10.0.0.1",
        "ua": "tests",
        "site": "shop/production",
        "kind": "web",
        "bytes": 321,
        "attempts": 1,
        **fields,
    }
    return (json.dumps(line) + "\n").encode()


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def follow(store, name="web.log", **meta):
    path = store.logs / "rel_a-production-web-1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / f"{name}.meta.json").write_text(json.dumps({**META, **meta}))
    return path


def exact(store, table, total):
    store.wait_count(table, total)
    rows = store.client().query(
        f"SELECT count() AS n, uniqExact(Source, Offset) AS places, uniqExact(RequestId) AS ids FROM {table}"
    )[0]
    assert rows == {"n": total, "places": total, "ids": total}


def test_requests_become_rows_with_their_route(store):
    append(store.edge / "requests.json", request_line(1, site="fields/production", ms=7.5))
    append(
        store.edge / "requests.json",
        request_line(2, site="fields/production", route="/o/{x}", code=503, attempts=2),
    )
    append(
        store.edge / "attempts.json",
        request_line(2, site="fields/production", code=0, flags="UF", color="red"),
    )
    store.wait_count("edge_requests", 2, "Site = 'fields/production'")
    store.wait_count("edge_attempts", 1, "Site = 'fields/production'")
    wanted = traffic.RequestFilter("fields/production", now() - HOUR, now() + HOUR)
    bad, good = traffic.requests(store.client(), wanted)
    assert (good.route, good.status, good.ms, good.release) == ("/orders/{id}", 200, 7.5, "rel_a")
    assert (bad.route, bad.status, bad.attempts, bad.visitor) == ("/o/{x}", 503, 2, "v2")
    tried = traffic.attempts(store.client(), "req-2", around=now())
    assert [(t.status, t.flags, t.extra) for t in tried] == [(0, "UF", {"color": "red"})]
    seen = traffic.overview(store.client(), "fields/production", until=now() + HOUR / 60)
    assert (seen.total.requests, seen.total.errors, sum(p.requests for p in seen.points)) == (
        2,
        1,
        2,
    )


def test_kill_and_rotation_neither_lose_nor_double_a_line(own_store):
    store = own_store().start()
    path = store.edge / "requests.json"
    total = 0
    for round_ in range(3):
        for _ in range(10):
            append(path, b"".join(request_line(total + n) for n in range(200)))
            total += 200
        if round_ == 1:
            path.rename(path.with_name("requests.json.1"))
        wait_for(lambda: store.count("edge_requests") > 0)
        store.kill()
        if round_ == 0:
            path.rename(path.with_name("requests.json.2"))
        append(path, request_line(total))
        total += 1
        store.start()
    exact(store, "edge_requests", total)
    assert store.stop() == 0
    append(path, request_line(total))
    store.start()
    exact(store, "edge_requests", total + 1)


def test_files_longer_than_one_reading_are_read_line_by_line(own_store):
    store = own_store()
    append(store.edge / "requests.json", b"".join(request_line(n) for n in range(4_000)))
    path = follow(store)
    frame = b'  File "/a/b.py", line 1, in f\n    x()\n'
    for number in range(60):
        append(path, b"Traceback (most recent call last):\n" + frame * 200 * (1 + number % 3))
        append(path, b"ValueError: %d\n" % number + b"word\n" * 500)
    store.start()
    exact(store, "edge_requests", 4_000)
    store.wait_count("otel_logs", 30_000, "Body = 'word'")
    assert store.count("otel_logs", "ExceptionType = 'ValueError'") == 20
    store.kill()
    store.start()
    append(path, b"last\n")
    store.wait_count("otel_logs", 1, "Body = 'last'")
    assert store.count("otel_logs", "Body = 'word'") == 30_000


def test_a_lost_checkpoint_doubles_nothing(own_store):
    store = own_store().start()
    append(store.edge / "requests.json", b"".join(request_line(n) for n in range(500)))
    store.wait_count("edge_requests", 500)
    assert store.stop() == 0
    (store.directory / "data" / "intake.json").write_text("{broken")
    append(store.edge / "requests.json", request_line(500))
    store.start()
    exact(store, "edge_requests", 501)


def test_a_failure_behind_the_table_neither_doubles_nor_loses_a_row(own_store):
    """An error's row may fail, for want of memory or disk, when the line itself is in its table already."""
    store = own_store().start()
    path = follow(store)
    append(path, b"INFO first\n")
    store.wait_count("otel_logs", 1)
    store.client().query("ALTER TABLE errors ADD CONSTRAINT broken CHECK ServiceName != 'shop'")
    append(
        path,
        b'Traceback (most recent call last):\n  File "/a/b.py", line 1, in f\n    x()\nValueError: 7\nINFO after\n',
    )
    wait_for(lambda: (store.directory / "stderr").read_text().count("intake_delayed") >= 3, seconds=60)
    store.client().query("ALTER TABLE errors DROP CONSTRAINT broken")
    append(path, b"INFO last\n")
    store.wait_count("otel_logs", 1, "Body = 'INFO last'")
    rows = store.client().query("SELECT Body, count() AS n FROM otel_logs GROUP BY Body")
    assert {row["Body"]: row["n"] for row in rows} == dict.fromkeys(
        ("INFO first", "ValueError: 7", "INFO after", "INFO last"), 1
    )
    wait_for(lambda: store.count("errors") == 1)
    # What hangs on the table is written after it, by the same insert: for a moment only the table has the last row.
    wait_for(lambda: store.client().query("SELECT sum(Count) AS n FROM log_patterns") == [{"n": 4}])


def test_a_file_that_was_truncated_in_place_is_read_once(own_store):
    store = own_store().start()
    path = follow(store)
    append(path, b"INFO one\nINFO two\n")
    store.wait_count("otel_logs", 2)
    path.write_bytes(b"INFO new\n")
    store.wait_count("otel_logs", 3)
    assert store.stop() == 0
    append(path, b"INFO newer\n")
    store.start()
    store.wait_count("otel_logs", 1, "Body = 'INFO newer'")
    assert store.count("otel_logs") == 4


def test_a_store_that_was_away_catches_up_step_by_step(own_store):
    store = own_store()
    for number in range(3):
        append(follow(store, f"web{number}.log"), b"INFO a line among very many of them\n" * 20_000)
    store.start()
    store.wait_count("otel_logs", 60_000)
    (largest,) = store.client().query("SELECT max(rows) AS n FROM system.parts WHERE table = 'otel_logs' AND level = 0")
    assert largest["n"] == 20_000


class SteppedBack:
    """The machine's clock after somebody corrected it by an hour."""

    back = timedelta()
    monotonic = staticmethod(clock.system.monotonic)

    def now(self):
        return clock.system.now() - self.back


class Rows(list):
    """In the place of the engine: keeps what is inserted, has nothing from before."""

    def __init__(self):
        super().__init__()
        self.inserts, self.retention = self, {"otel_logs": 14}
        self.table_locks = {"otel_logs": threading.Lock()}

    @contextlib.contextmanager
    def connection(self):
        yield self

    def query(self, _sql):
        return b""

    def insert(self, _statement, _format, data):
        self += [json.loads(row)["Body"] for row in data.splitlines()]


def test_a_clock_that_steps_back_delays_nothing(tmp_path):
    now, rows, path = SteppedBack(), Rows(), tmp_path / "logs" / "web.log"
    path.parent.mkdir()
    path.with_name("web.log.meta.json").write_text(json.dumps(META))
    append(path, b"INFO whole\n")
    intake = Intake(rows, None, path.parent, tmp_path, now)
    try:
        wait_for(lambda: rows == ["INFO whole"])
        now.back = timedelta(hours=1)
        append(path, b"INFO without an end")
        wait_for(lambda: rows[1:] == ["INFO without an end"])
        saved = tmp_path / "intake.json"
        wait_for(lambda: list(json.loads(saved.read_text())["offsets"].values()) == [30])
    finally:
        intake.close()


class Failing(Rows):
    """Fails once in a way that nobody foresaw."""

    failed = False

    def insert(self, *told):
        if not self.failed:
            self.failed = True
            raise RuntimeError("unforeseen")
        super().insert(*told)


def test_an_unforeseen_failure_does_not_end_the_reading(tmp_path):
    rows, path = Failing(), tmp_path / "logs" / "web.log"
    path.parent.mkdir()
    path.with_name("web.log.meta.json").write_text(json.dumps(META))
    append(path, b"INFO one\n")
    intake = Intake(rows, None, path.parent, tmp_path, clock.system)
    try:
        wait_for(lambda: rows == ["INFO one"])
    finally:
        intake.close()


def test_output_of_applications_is_read_with_its_release(own_store):
    store = own_store().start()
    path = follow(store)
    trace = "0af7651916cd43dd8448eb211c80319c"
    append(
        path,
        json.dumps(
            {
                "level": "warning",
                "message": "stock of 7 is low",
                "trace_id": trace,
                "logger": "market",
                "product": {"id": 7},
            }
        ).encode()
        + b"\nINFO plain words\n\n"
        b"Traceback (most recent call last):\n"
        b'  File "/x/artifacts/1f/market/views.py", line 3, in checkout\n    pay()\n'
        b"market.errors.Declined: card 4711\n"
        b"\nDuring handling of the above exception, another exception occurred:\n\n"
        b"Traceback (most recent call last):\n"
        b'  File "/x/artifacts/1f/market/views.py", line 9, in view\n    checkout()\n'
        b"KeyError: 'card'\n"
        b"WARNING after\n",
    )
    store.wait_count("otel_logs", 4)
    found = logs.search(store.client(), logs.LogFilter("shop/production", release="rel_a"))
    lines = {line.body: line for line in found}
    low = lines["stock of 7 is low"]
    assert (low.severity, low.trace_id, low.version) == ("WARN", trace, "1.0")
    assert low.attributes == {"product": '{"id": 7}'}
    assert (low.process, low.replica) == ("web", "rel_a-production-web-1")
    assert lines["KeyError: 'card'"].severity == "ERROR"
    assert lines["WARNING after"].severity == "WARN"
    group = wait_for(lambda: errors.groups(store.client(), "shop/production", since=now() - HOUR, until=now() + HOUR))
    assert [(g.kind, g.message, g.releases) for g in group] == [("KeyError", "'card'", {"rel_a": 1})]


def test_a_tail_shows_new_lines_once(own_store):
    store = own_store().start()
    path = follow(store)
    append(path, b"old line\n")
    store.wait_count("otel_logs", 1)
    wanted = logs.LogFilter("shop/production")
    seen, cursor = [], logs.tail(store.client(), wanted, cursor=now() - HOUR).cursor

    def more():
        nonlocal cursor
        found = logs.tail(store.client(), wanted, cursor=cursor)
        cursor = found.cursor
        seen.extend(line.body for line in found.lines)
        return len(seen) >= 30

    for number in range(30):
        append(path, f"line {number}\n".encode())
        if number % 10 == 0:
            more()
    wait_for(more, seconds=60)
    assert seen == [f"line {number}" for number in range(30)]


def test_hostile_bytes_pass_through_as_text(own_store):
    store = own_store().start()
    path = follow(store)
    append(path, b"\xff\xfe\0 binary \x1b[31m\n" + b"y" * 3_000_000 + b"\n")
    append(
        path,
        b'{"message": "\\ud800 lone", "level": [1], "timestamp": 1e400}\n' + b"[" * 60_000 + b"\n",
    )
    append(path, b'{"a":' * 20_000 + b"\n{}\nlast '); DROP TABLE otel_logs; --\n")
    append(
        store.edge / "requests.json",
        b'nonsense\n{"ts": "x", "code": "9e99", "ms": "NaN", "path": 7}\n',
    )
    append(store.edge / "requests.json", request_line(1))
    wait_for(lambda: store.count("otel_logs", "Body LIKE 'last%'"), seconds=60, what="the last line")
    store.wait_count("edge_requests", 2)
    assert store.count("otel_logs") >= 6
    assert store.client().query("SELECT max(length(Body)) AS n FROM otel_logs")[0]["n"] <= 65_536 * 3
    append(path, b"after it all\n")
    wait_for(lambda: store.count("otel_logs", "Body = 'after it all'"), seconds=60)


def test_the_sidecar_of_a_keeper_names_the_writer(own_store):
    store = own_store().start()
    web = follow(store)
    labels = {**META, "replica": ""}
    meta = {"id": "rel_b-staging-web-2", "stream": "out", "labels": {**labels, "release": "rel_b"}}
    (web.parent / "web.log.meta.json").write_text(json.dumps(meta))
    append(web, b"from the web\n")
    part = follow(store, "engine.log")
    (part.parent / "engine.log.meta.json").write_text(
        json.dumps({"id": "golive-engine", "labels": {"part": "golive-engine"}})
    )
    append(part, b'{"event": "job_done", "level": "info", "kind": "backup"}\n')
    store.wait_count("otel_logs", 2)
    rows = store.client().query(
        "SELECT ServiceName, Environment, Release, Replica, Body FROM otel_logs ORDER BY ServiceName"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("golive-engine", "golive", "", "golive-engine", "job_done"),
        ("shop", "production", "rel_b", "rel_b-staging-web-2", "from the web"),
    ]


def test_files_without_a_known_writer_are_left_alone(own_store):
    store = own_store().start()
    (store.logs / "private.txt").write_text("not for the store\n")
    (store.logs / "link.log.meta.json").write_text(json.dumps(META))
    (store.logs / "link.log").symlink_to("/etc/passwd")
    append(follow(store), b"known\n")
    store.wait_count("otel_logs", 1)
    assert store.count("otel_logs") == 1
