"""OpenTelemetry's own SDK sends; the rows are what it said."""

import gzip
import logging
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

from golive.watch.telemetry import domain
from golive.watch.telemetry.queries import errors, logs, traces
from tests.support.telemetry import HOUR, now


def resource(service):
    return Resource.create(
        {
            "service.name": service,
            "service.version": "1.4.2",
            "golive.release": "rel_new",
            "deployment.environment.name": "production",
            "service.instance.id": "rel_new-production-web-1",
        }
    )


def exporter(store, kind, signal):
    return kind(
        endpoint=f"http://127.0.0.1:{store.otlp_port}/v1/{signal}",
        headers={"Authorization": f"Bearer {store.token}"},
    )


def fail_in_checkout():
    raise ValueError("order 4711 of 'ann' is not payable")


def test_spans_of_the_sdk_arrive_with_every_field(store):
    provider = TracerProvider(resource=resource("shop-spans"))
    provider.add_span_processor(BatchSpanProcessor(exporter(store, OTLPSpanExporter, "traces")))
    tracer = provider.get_tracer("tests", "0.1")
    stack = ""
    with tracer.start_as_current_span(
        "GET /orders/{id}",
        kind=SpanKind.SERVER,
        attributes={
            "http.route": "/orders/{id}",
            "http.response.status_code": 500,
            "flag": True,
            "zero": 0,
            "ratio": 0.5,
            "tags": ["a", "b"],
            "empty": "",
        },
    ) as root:
        root.set_status(Status(StatusCode.ERROR, "it broke"))
        with tracer.start_as_current_span("SELECT orders", kind=SpanKind.CLIENT) as child:
            try:
                fail_in_checkout()
            except ValueError as error:
                child.record_exception(error)
    provider.shutdown()
    trace_id = format(root.get_span_context().trace_id, "032x")
    found = traces.trace(store.client(), trace_id)
    assert found is not None
    first, second = found.spans
    assert (first.name, first.kind, first.depth, first.error) == (
        "GET /orders/{id}",
        "Server",
        0,
        True,
    )
    assert first.status_message == "it broke"
    assert first.attributes == {
        "http.route": "/orders/{id}",
        "http.response.status_code": "500",
        "flag": "true",
        "zero": "0",
        "ratio": "0.5",
        "tags": '["a","b"]',
        "empty": "",
    }
    assert first.resource["service.version"] == "1.4.2"
    assert (second.parent_id, second.depth) == (first.span_id, 1)
    event = second.events[0]
    stack = event.attributes["exception.stacktrace"]
    assert event.name == "exception"
    assert second.error_group == domain.error_group("ValueError", "order 4711 of 'ann' is not payable", stack)
    start, end = root.start_time, root.end_time
    assert abs(found.at.timestamp() * 1e9 - start) < 2_000
    assert abs(first.duration_ms * 1e6 - (end - start)) < 1
    summary = traces.search(
        store.client(),
        traces.TraceFilter("shop-spans/production", now() - HOUR, now() + HOUR, errors_only=True),
    )
    assert [(s.trace_id, s.status, s.release) for s in summary] == [(trace_id, 500, "rel_new")]
    group = errors.groups(store.client(), "shop-spans/production", since=now() - HOUR, until=now() + HOUR)
    assert [(g.kind, g.count, g.trace_id) for g in group] == [("ValueError", 1, trace_id)]


def test_logs_of_the_sdk_arrive_and_are_found_by_their_words(store):
    provider = LoggerProvider(resource=resource("shop-logs"))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter(store, OTLPLogExporter, "logs")))
    logger = logging.getLogger("market.orders")
    logger.propagate = False
    logger.addHandler(LoggingHandler(logger_provider=provider))
    for number in range(20):
        logger.warning("payment of order %d declined by Bank", number, extra={"bank": "A"})
    try:
        fail_in_checkout()
    except ValueError:
        logger.exception("checkout failed")
    provider.shutdown()
    client = store.client()
    site = "shop-logs/production"
    found = logs.search(client, logs.LogFilter(site, text="declined BANK", severity_at_least=13))
    assert len(found) == 20
    assert found[0].severity == "WARN"
    assert found[0].attributes["bank"] == "A"
    assert len({line.pattern_id for line in found}) == 1
    assert logs.search(client, logs.LogFilter(site, text='"order 7 declined"'))[0].body.endswith(
        "order 7 declined by Bank"
    )
    assert not logs.search(client, logs.LogFilter(site, text="declin"))
    pattern = logs.patterns(client, site, since=now() - HOUR, until=now() + HOUR)[0]
    assert (pattern.template, pattern.count) == ("payment of order <*> declined by Bank", 20)
    assert pattern.releases == {"rel_new": 20}
    group = errors.groups(client, site, since=now() - HOUR, until=now() + HOUR)[0]
    assert (group.kind, group.count) == ("ValueError", 1)
    assert "fail_in_checkout" in group.stack


def test_metrics_of_the_sdk_arrive(store):
    reader = PeriodicExportingMetricReader(
        exporter(store, OTLPMetricExporter, "metrics"), export_interval_millis=60_000
    )
    provider = MeterProvider([reader], resource=resource("shop-metrics"))
    meter = provider.get_meter("tests")
    meter.create_counter("orders", unit="1").add(3, {"kind": "web"})
    meter.create_up_down_counter("carts").add(-2)
    meter.create_histogram("latency", unit="ms").record(12.0)
    provider.shutdown()
    numbers = store.client().query(
        "SELECT MetricName, Kind, Value, Release FROM otel_metrics_number "
        "WHERE ServiceName = 'shop-metrics' AND MetricName IN ('orders', 'carts') ORDER BY MetricName"
    )
    assert [(r["MetricName"], r["Kind"], r["Value"], r["Release"]) for r in numbers] == [
        ("carts", "sum", -2.0, "rel_new"),
        ("orders", "counter", 3.0, "rel_new"),
    ]
    histogram = store.client().query(
        "SELECT Count, Sum, Min, Max, arraySum(BucketCounts) AS filled FROM otel_metrics_histogram "
        "WHERE ServiceName = 'shop-metrics' AND MetricName = 'latency'"
    )
    assert histogram == [{"Count": 1, "Sum": 12.0, "Min": 12.0, "Max": 12.0, "filled": 1}]


def spans(service, count=1, at=None):
    request = ExportTraceServiceRequest()
    by_resource = request.resource_spans.add()
    attribute = by_resource.resource.attributes.add(key="service.name")
    attribute.value.string_value = service
    scope = by_resource.scope_spans.add()
    for number in range(count):
        scope.spans.add(
            trace_id=bytes(15) + b"\1",
            span_id=number.to_bytes(8, "big"),
            name="work",
            start_time_unix_nano=at if at is not None else time.time_ns(),
        )
    return request.SerializeToString()


@pytest.mark.parametrize(
    "body",
    [b"hello", b"\x0a\x05hello", b"\x0a\xff\xff\xff\xff\x7f", spans("x")[:-3], b"{}"],
    ids=["text", "no message", "endless length", "cut off", "JSON"],
)
def test_garbage_is_refused_in_words_and_harms_nobody_beside_it(store, body):
    status, words, _ = store.post("/v1/traces", body)
    assert status == 400
    assert b"not an OTLP protobuf request" in words
    assert store.post("/v1/traces", spans("beside"))[0] == 200


def test_a_bomb_is_refused_before_it_is_inflated(store):
    deflater = zlib.compressobj(9, wbits=31)
    bomb = b"".join(deflater.compress(bytes(1 << 20)) for _ in range(300)) + deflater.flush()
    status, words, _ = store.post("/v1/traces", bomb, Content_Encoding="gzip")
    assert (status, b"once inflated" in words) == (413, True)
    assert store.post("/v1/traces", bytes(9 << 20))[0] == 413
    assert store.post("/v1/traces", gzip.compress(spans("g"))[:-9], Content_Encoding="gzip")[0] == 400
    assert store.post("/v1/traces", gzip.compress(spans("g")), Content_Encoding="gzip")[0] == 200


def test_every_member_of_a_gzip_body_counts(store):
    whole = spans("members", 5)
    parts = gzip.compress(whole[:40]) + gzip.compress(b"") + gzip.compress(whole[40:])
    assert store.post("/v1/traces", parts, Content_Encoding="gzip")[0] == 200
    assert store.post("/v1/traces", parts + b"junk", Content_Encoding="gzip")[0] == 400
    assert store.post("/v1/traces", gzip.compress(b"") * 100_000, Content_Encoding="gzip")[0] == 413
    counted = store.client().query("SELECT count() AS n FROM otel_traces WHERE ServiceName = 'members'")
    assert counted[0]["n"] == 5


def test_a_line_of_megabytes_is_cut_where_many_are_shown(store):
    request = ExportLogsServiceRequest()
    by_resource = request.resource_logs.add()
    by_resource.resource.attributes.add(key="service.name").value.string_value = "wordy"
    by_resource.resource.attributes.add(key="deployment.environment.name").value.string_value = "production"
    record = by_resource.scope_logs.add().log_records.add(time_unix_nano=time.time_ns())
    record.body.string_value = "é" * 1_000_000
    assert store.post("/v1/logs", request.SerializeToString())[0] == 200
    line = logs.search(store.client(), logs.LogFilter("wordy/production"))[0].body
    assert line == "é" * logs.LINE_CHARACTERS + " ... [cut here; the whole line has 1000000 characters]"
    assert store.count("otel_logs", "lengthUTF8(Body) = 1000000") == 1


def test_moments_that_cannot_be_are_taken_as_now_and_kept_aside(store):
    for at in (0, 1, time.time_ns() + 10**15, 2**63 + 1):
        assert store.post("/v1/traces", spans("odd-times", at=at))[0] == 200
    rows = store.client().query(
        "SELECT Timestamp, SpanAttributes['golive.original_timestamp'] AS said, now() AS now "
        "FROM otel_traces WHERE ServiceName = 'odd-times'"
    )
    assert len(rows) == 4
    assert all(abs((row["now"] - row["Timestamp"]).total_seconds()) < 60 for row in rows)
    assert {row["said"] for row in rows} >= {"0", "1", str(2**63 + 1)}


def test_a_span_that_ends_in_centuries_hides_no_trace(store):
    request = ExportTraceServiceRequest.FromString(spans("endless"))
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.trace_id, span.end_time_unix_nano = bytes(15) + b"\x77", 2**64 - 1
    assert store.post("/v1/traces", request.SerializeToString())[0] == 200
    found = traces.trace(store.client(), span.trace_id.hex())
    assert found is not None
    assert len(found.spans) == 1


def test_structured_log_bodies_are_json(store):
    request = ExportLogsServiceRequest()
    by_resource = request.resource_logs.add()
    by_resource.resource.attributes.add(key="service.name").value.string_value = "shaped"
    record = by_resource.scope_logs.add().log_records.add(time_unix_nano=time.time_ns())
    entry = record.body.kvlist_value.values.add(key="order")
    entry.value.int_value = 7
    assert store.post("/v1/logs", request.SerializeToString())[0] == 200
    rows = store.client().query("SELECT Body FROM otel_logs WHERE ServiceName = 'shaped'")
    assert rows == [{"Body": '{"order":7}'}]


def test_nobody_sends_without_the_token(store):
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer nope"}):
        assert store.post("/v1/traces", spans("x"), **headers)[0] == 401
    assert store.post("/v1/traces", spans("x"), Host="evil.example")[0] == 421
    assert store.post("/v1/traces", spans("x"), Origin="http://evil.example")[0] == 403
    assert store.post("/v1/traces", spans("x"), Content_Type="text/plain")[0] == 415


def test_what_was_refused_for_its_slow_commit_is_not_committed_later(own_store):
    """The sender sends it again: it would be there twice, and the store, slow as it is, would have twice the work."""
    store = own_store(flush_seconds=3600).start()
    status, words, headers = store.post("/v1/traces", spans("slow"))
    assert (status, headers["Retry-After"], b"takes too long" in words) == (503, "5", True)
    assert store.stop() == 0
    store.start()
    assert store.count("otel_traces") == 0


def test_a_store_that_misses_a_part_blames_no_request(own_store):
    store = own_store().start()
    store.client().query("RENAME TABLE errors TO errors_away")
    status, _, headers = store.post("/v1/traces", spans("kept"))
    assert (status, headers["Retry-After"]) == (503, "5")
    store.client().query("RENAME TABLE errors_away TO errors")
    assert store.post("/v1/traces", spans("kept"))[0] == 200
    assert store.count("otel_traces") == 1


def test_a_full_queue_asks_to_come_back(own_store):
    store = own_store(queue_bytes=1000, flush_seconds=2.0).start()
    together = threading.Barrier(8)

    def send(_):
        together.wait()
        return store.post("/v1/traces", spans("crowd", 50))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))
    taken = sum(status == 200 for status, _, _ in answers)
    refused = [headers["Retry-After"] for status, _, headers in answers if status == 429]
    assert taken >= 1
    assert refused == ["1"] * (8 - taken) != []
    assert store.count("otel_traces", "ServiceName = 'crowd'") == 50 * taken
