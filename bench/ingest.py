"""The telemetry store: committed spans per second and core, bytes a row, queries beside ingest, kill -9.

    python -m bench.ingest [--json FILE] [--spans N]

Clients send OTLP protobuf requests of 512 spans over HTTP, as many at once as make a commit of the named
size; a span counts when its request was answered 200, which is after its commit. Rates "per core" are spans
by CPU seconds of the store's process, so that the clients beside it do not count; beside each figure stands
the machine's load, because a crowded core does less in a second of its time.
"""

import argparse
import http.client
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.machine import banner, machine
from golive.watch.evidence.queries import compare
from golive.watch.telemetry.queries import errors, logs, traces, traffic
from tests.support.store import StoreProcess

PER_REQUEST = 512
ROUTES = [
    "/",
    "/products",
    "/products/{id}",
    "/cart",
    "/checkout",
    "/orders/{id}",
    "/login",
    "/search",
]
AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{n}.0.0.0 Safari/537.36" for n in range(110, 130)]
STATEMENTS = [
    "SELECT id, name, price FROM products WHERE id = $1",
    "INSERT INTO orders (customer, total) VALUES ($1, $2)",
    "SELECT * FROM orders WHERE customer = $1 ORDER BY placed DESC LIMIT 20",
]
LINES = [
    "order {} placed by u{}",
    "cart of u{} has {} items",
    "mail {} queued for u{}",
    "u{} logged in after {} ms",
]


def put(attributes, values):
    for key, value in values.items():
        said = attributes.add(key=key).value
        if isinstance(value, int):
            said.int_value = value
        else:
            said.string_value = value


def resource(message, n):
    put(
        message.attributes,
        {
            "service.name": "market",
            "service.version": f"1.{n % 2}",
            "golive.release": f"rel_{n % 2}",
            "service.instance.id": f"rel_{n % 2}-production-web-{n % 4}",
            "deployment.environment.name": "production",
            "host.name": "node-1",
            "process.pid": 4000 + n % 40,
            "telemetry.sdk.language": "python",
            "telemetry.sdk.name": "opentelemetry",
        },
    )


def span_request(rng, n):
    request = ExportTraceServiceRequest()
    by_resource = request.resource_spans.add()
    resource(by_resource.resource, n)
    scope = by_resource.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.asgi"
    at = time.time_ns() - rng.randrange(3_000 * 10**9)
    for position in range(PER_REQUEST):
        root = position % 8 == 0
        if root:
            trace, parent, at = rng.randbytes(16), rng.randbytes(8), at + rng.randrange(10**7)
            route, bad = rng.choice(ROUTES), rng.random() < 0.02
        span = scope.spans.add(trace_id=trace, span_id=parent if root else rng.randbytes(8), flags=1)
        span.start_time_unix_nano = at + position * 10**5
        span.end_time_unix_nano = span.start_time_unix_nano + int(rng.lognormvariate(15, 1))
        if root:
            span.name, span.kind = f"GET {route}", 2
            put(
                span.attributes,
                {
                    "http.request.method": "GET",
                    "http.route": route,
                    "url.path": route,
                    "url.scheme": "https",
                    "http.response.status_code": 500 if bad else 200,
                    "server.address": "market.example",
                    "server.port": 443,
                    "client.address": f"10.0.{rng.randrange(256)}.{rng.randrange(256)}",
                    "user_agent.original": rng.choice(AGENTS),
                    "network.protocol.version": "1.1",
                    "enduser.id": f"u{rng.randrange(50_000)}",
                    "http.response.body.size": rng.randrange(90_000),
                    "thread.id": rng.randrange(64),
                    "thread.name": "worker",
                },
            )
            if bad:
                span.status.code = 2
                event = span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano)
                frames = "\n".join(f'  File "/a/market/m{k}.py", line {rng.randrange(900)}, in f{k}' for k in range(12))
                put(
                    event.attributes,
                    {
                        "exception.type": "ValueError",
                        "exception.message": f"order {rng.randrange(10**6)} is not payable",
                        "exception.stacktrace": f"Traceback (most recent call last):\n{frames}\nValueError: x",
                    },
                )
        else:
            statement = rng.choice(STATEMENTS)
            span.name, span.kind, span.parent_span_id = f"{statement.split()[0]} market", 3, parent
            put(
                span.attributes,
                {
                    "db.system.name": "postgresql",
                    "db.namespace": "market",
                    "db.query.text": statement,
                    "db.operation.name": statement.split()[0],
                    "db.response.returned_rows": rng.randrange(100),
                    "server.address": "db-1",
                    "server.port": 5432,
                    "network.peer.address": "10.0.0.12",
                    "network.peer.port": 5432,
                    "db.user": "market",
                    "thread.id": rng.randrange(64),
                    "thread.name": "worker",
                    "code.function.name": "market.fetch",
                    "code.line.number": rng.randrange(900),
                },
            )
    return request.SerializeToString()


def log_request(rng, n):
    request = ExportLogsServiceRequest()
    by_resource = request.resource_logs.add()
    resource(by_resource.resource, n)
    scope = by_resource.scope_logs.add()
    at = time.time_ns() - rng.randrange(3_000 * 10**9)
    for position in range(PER_REQUEST):
        record = scope.log_records.add(time_unix_nano=at + position * 10**6, severity_number=9, severity_text="INFO")
        record.trace_id, record.span_id = rng.randbytes(16), rng.randbytes(8)
        record.body.string_value = rng.choice(LINES).format(rng.randrange(10**6), rng.randrange(50_000))
        put(
            record.attributes,
            {
                "code.file.path": "/a/market/orders.py",
                "code.line.number": rng.randrange(900),
                "code.function.name": "place",
                "logger.name": "market.orders",
            },
        )
    return request.SerializeToString()


class Usage:
    """CPU seconds and resident memory of a process."""

    def __init__(self, pid):
        self.pid = pid

    def cpu(self):
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mib(self):
        line = next(x for x in Path(f"/proc/{self.pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
        return round(int(line.split()[1]) / 1024)


def send(store, path, bodies, clients, *, stop=None):
    """Send bodies by so many clients; returns how many requests were answered 200, and their seconds."""
    todo, lock, taken, seconds = iter(bodies), threading.Lock(), [0], []

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", store.otlp_port, timeout=60)
        headers = {
            "Authorization": f"Bearer {store.token}",
            "Content-Type": "application/x-protobuf",
        }
        while not (stop and stop.is_set()):
            with lock:
                body = next(todo, None)
            if body is None:
                return
            began = time.perf_counter()
            try:
                connection.request("POST", path, body, headers)
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException):
                return
            with lock:
                taken[0] += response.status == 200
                seconds.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return taken[0], seconds


def ingest(store, path, table, requests, batch):
    clients = max(1, batch // PER_REQUEST)
    usage = Usage(store.process.pid)
    send(store, path, requests[:clients], clients)
    before, cpu, began = store.count(table), usage.cpu(), time.perf_counter()
    taken, seconds = send(store, path, requests, clients)
    wall, spent = time.perf_counter() - began, usage.cpu() - cpu
    rows = taken * PER_REQUEST
    assert store.count(table) - before == rows, "acknowledged and stored differ"
    return {
        "batch": batch,
        "rows": rows,
        "per_core": round(rows / spent),
        "per_second": round(rows / wall),
        "ack_p50_ms": round(statistics.median(seconds) * 1e3),
        "ack_max_ms": round(max(seconds) * 1e3),
        "rss_mib": usage.rss_mib(),
    }


def sizes(store):
    rows = store.client().query(
        "SELECT table, sum(bytes_on_disk) / sum(rows) AS bytes, sum(rows) AS held FROM system.parts "
        "WHERE active AND table IN ('otel_traces', 'otel_logs', 'edge_requests') GROUP BY table"
    )
    return {row["table"]: {"bytes": round(row["bytes"], 1), "rows": row["held"]} for row in rows}


def edge_log(store, rng, count):
    path, now = store.edge / "requests.json", time.time()
    with path.open("a") as file:
        for n in range(count):
            release = n % 2
            bad = release == 1 and rng.random() < 0.05
            file.write(
                json.dumps(
                    {
                        "ts": f"{now - rng.random() * 3000:.6f}",
                        "request": f"{rng.getrandbits(128):032x}",
                        "method": "GET",
                        "path": f"/orders/{n}",
                        "code": 500 if bad else 200,
                        "flags": None,
                        "ms": int(rng.lognormvariate(3, 1)),
                        "release": f"rel_{release}",
                        "replica": "r",
                        "route": rng.choice(ROUTES),
                        "visitor": f"v{n % 5000}",
                        "ip": "10.0.0.1",
                        "ua": rng.choice(AGENTS),
                        "site": "market/production",
                        "kind": "web",
                        "bytes": 900,
                        "attempts": 1,
                    }
                )
                + "\n"
            )
    usage = Usage(store.process.pid)
    cpu, began = usage.cpu(), time.perf_counter()
    store.wait_count("edge_requests", count)
    return {
        "lines": count,
        "per_core": round(count / (usage.cpu() - cpu)),
        "seconds": round(time.perf_counter() - began, 1),
    }


def queries(store, repeat):
    client, now = store.client(), datetime.now(UTC)
    site, window = "market/production", {"since": now - timedelta(hours=1), "until": now}
    trace = client.query("SELECT TraceId FROM otel_traces WHERE SpanKind = 'Server' LIMIT 1 OFFSET 777")[0]["TraceId"]
    asked = {
        "overview of the last hour": lambda: traffic.overview(client, site, until=now),
        "trace by id": lambda: traces.trace(client, trace),
        "failed traces": lambda: traces.search(client, traces.TraceFilter(site, **window, errors_only=True)),
        "log search, rare word": lambda: logs.search(client, logs.LogFilter(site, text="u4711")),
        "log tail": lambda: logs.tail(client, logs.LogFilter(site), cursor=datetime.now(UTC) - timedelta(seconds=2)),
        "log patterns": lambda: logs.patterns(client, site, **window),
        "error groups": lambda: errors.groups(client, site, **window),
        "evidence of a release": lambda: compare(client, site, old="rel_0", new="rel_1", **window),
    }
    took = {}
    for name, ask in asked.items():
        samples = []
        for _ in range(repeat):
            began = time.perf_counter()
            ask()
            samples.append((time.perf_counter() - began) * 1e3)
        took[name] = {
            "p50_ms": round(statistics.median(samples), 1),
            "max_ms": round(max(samples), 1),
        }
    return took


def kill_check(store, bodies, rounds):
    lost = 0
    for _ in range(rounds):
        before, stop, taken = store.count("otel_traces"), threading.Event(), []
        sender = threading.Thread(
            target=lambda t=taken, s=stop: t.append(send(store, "/v1/traces", bodies, 8, stop=s)[0])
        )
        sender.start()
        stop.wait(1.5)
        store.kill()
        stop.set()
        sender.join()
        store.start()
        lost += max(0, before + taken[0] * PER_REQUEST - store.count("otel_traces"))
    return {"rounds": rounds, "acknowledged_rows_lost": lost}


def idle(store):
    usage = Usage(store.process.pid)
    cpu, began = usage.cpu(), time.perf_counter()
    threading.Event().wait(10)
    share = (usage.cpu() - cpu) / (time.perf_counter() - began)
    return {"rss_mib": usage.rss_mib(), "cpu_percent_of_a_core": round(share * 100, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--spans", type=int, default=102_400, help="spans of each measurement")
    parser.add_argument("--kills", type=int, default=3)
    chosen = parser.parse_args()
    rng = random.Random(7)
    result = {"machine": machine(), "n": chosen.spans}
    print(banner(f"telemetry store, N = {chosen.spans} rows a measurement"), flush=True)
    spans = [span_request(rng, n) for n in range(max(chosen.spans // PER_REQUEST, 110))]
    lines = [log_request(rng, n) for n in range(max(chosen.spans // PER_REQUEST, 24))]

    def report(name, value):
        value = {**value, "load": round(os.getloadavg()[0], 1)}
        result[name] = value
        print(f"{name}: {json.dumps(value)}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        store = StoreProcess(Path(folder) / "store", batch_bytes=40 << 20).start()
        try:
            report("idle, empty", idle(store))
            for batch in (512, 10_240, 51_200):
                some = spans[:40] if batch == 512 else spans
                report(
                    f"spans, commits of {batch}",
                    ingest(store, "/v1/traces", "otel_traces", some, batch),
                )
            report("logs, commits of 10240", ingest(store, "/v1/logs", "otel_logs", lines, 10_240))
            report("edge log lines", edge_log(store, rng, chosen.spans))
            report("on disk", sizes(store))
            report("queries, idle", queries(store, 10))
            stop = threading.Event()
            endless = (spans[n % len(spans)] for n in range(100_000))
            beside = threading.Thread(target=send, args=(store, "/v1/traces", endless, 10), kwargs={"stop": stop})
            beside.start()
            report("queries beside ingest", queries(store, 5))
            stop.set()
            beside.join()
            report("idle, filled", idle(store))
            report("kill -9", kill_check(store, spans, chosen.kills))
        finally:
            store.stop()
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    sys.exit(main())
