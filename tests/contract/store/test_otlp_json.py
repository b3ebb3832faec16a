"""OTLP as JSON, as the exporters of Node and of browsers send it by default."""

import gzip
import json
import time

import pytest

from golive.watch.telemetry.queries import traces
from tests.support.telemetry import HOUR, now

TRACE = "5b8efff798038103d269b633813fc60c"


def resource(service):
    """The resource of a Node process as @opentelemetry/resources describes it."""
    return {
        "attributes": [
            {"key": "service.name", "value": {"stringValue": service}},
            {"key": "deployment.environment.name", "value": {"stringValue": "production"}},
            {"key": "golive.release", "value": {"stringValue": "rel_js"}},
            {"key": "process.pid", "value": {"intValue": 4711}},
            {
                "key": "process.command_args",
                "value": {"arrayValue": {"values": [{"stringValue": "node"}, {"stringValue": "a.js"}]}},
            },
        ],
        "droppedAttributesCount": 0,
    }


def trace_request(service="js", **span):
    at = time.time_ns()
    return {
        "resourceSpans": [
            {
                "resource": resource(service),
                "scopeSpans": [
                    {
                        "scope": {"name": "@opentelemetry/instrumentation-http", "version": "0.57.0"},
                        "spans": [
                            {
                                "traceId": TRACE,
                                "spanId": "eee19b7ec3c1b174",
                                "parentSpanId": "",
                                "name": "GET /orders/{id}",
                                "kind": 2,
                                "startTimeUnixNano": str(at),
                                "endTimeUnixNano": str(at + 7_000_000),
                                "attributes": [
                                    {"key": "http.route", "value": {"stringValue": "/orders/{id}"}},
                                    {"key": "http.response.status_code", "value": {"intValue": "500"}},
                                    {"key": "ratio", "value": {"doubleValue": 0.5}},
                                    {"key": "flag", "value": {"boolValue": False}},
                                    {"key": "raw", "value": {"bytesValue": "AP8="}},
                                ],
                                "events": [
                                    {
                                        "name": "exception",
                                        "timeUnixNano": str(at),
                                        "attributes": [
                                            {"key": "exception.type", "value": {"stringValue": "TypeError"}}
                                        ],
                                        "somethingNew": {"x": [1]},
                                    }
                                ],
                                "links": [],
                                "status": {"code": 2, "message": "it broke"},
                                "flags": 257,
                                **span,
                            }
                        ],
                    }
                ],
                "schemaUrl": "https://opentelemetry.io/schemas/1.30.0",
            }
        ],
        "notOfThisVersion": True,
    }


def post(store, path, said, **headers):
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return store.post(path, body, Content_Type="application/json; charset=utf-8", **headers)


def test_spans_arrive_with_every_field(store):
    status, body, headers = post(store, "/v1/traces", trace_request())
    assert (status, body, headers["Content-Type"]) == (200, b"{}", "application/json")
    found = traces.trace(store.client(), TRACE)
    assert found is not None
    (span,) = found.spans
    assert (span.span_id, span.parent_id, span.name, span.kind, span.error, span.release) == (
        "eee19b7ec3c1b174",
        "",
        "GET /orders/{id}",
        "Server",
        True,
        "rel_js",
    )
    assert (span.duration_ms, span.status_message) == (7.0, "it broke")
    assert span.attributes == {
        "http.route": "/orders/{id}",
        "http.response.status_code": "500",
        "ratio": "0.5",
        "flag": "false",
        "raw": "00FF",
    }
    assert span.resource["process.command_args"] == '["node","a.js"]'
    assert span.error_group
    summary = traces.search(store.client(), traces.TraceFilter("js/production", now() - HOUR, now() + HOUR))
    assert [(s.trace_id, s.status) for s in summary] == [(TRACE, 500)]


def test_logs_and_metrics_arrive(store):
    at = str(time.time_ns())
    record = {
        "timeUnixNano": at,
        "observedTimeUnixNano": at,
        "severityNumber": 13,
        "severityText": "WARN",
        "body": {"kvlistValue": {"values": [{"key": "stock", "value": {"intValue": "7"}}]}},
        "traceId": TRACE,
        "spanId": "",
    }
    sent = {"resourceLogs": [{"resource": resource("js-logs"), "scopeLogs": [{"logRecords": [record]}]}]}
    assert post(store, "/v1/logs", sent)[0] == 200
    assert store.client().query(
        "SELECT Body, SeverityNumber AS n, TraceId FROM otel_logs WHERE ServiceName = 'js-logs'"
    ) == [{"Body": '{"stock":7}', "n": 13, "TraceId": TRACE}]
    point = {"asInt": "-3", "timeUnixNano": at, "startTimeUnixNano": at}
    metric = {
        "name": "carts",
        "unit": "1",
        "sum": {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": False},
    }
    sent = {"resourceMetrics": [{"resource": resource("js-metrics"), "scopeMetrics": [{"metrics": [metric]}]}]}
    assert post(store, "/v1/metrics", sent)[0] == 200
    assert store.client().query(
        "SELECT Value, Kind, Temporality FROM otel_metrics_number WHERE ServiceName = 'js-metrics'"
    ) == [{"Value": -3.0, "Kind": "sum", "Temporality": "Cumulative"}]


def test_nothing_and_gzip(store):
    assert post(store, "/v1/traces", {})[:2] == (200, b"{}")
    packed = gzip.compress(json.dumps(trace_request("js-packed")).encode())
    assert post(store, "/v1/traces", packed, Content_Encoding="gzip")[0] == 200
    assert store.count("otel_traces", "ServiceName = 'js-packed'") == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "Expecting value"),
        (b"[]", "not a JSON object"),
        (b'{"resourceSpans": [{}', "delimiter"),
        (b"\xff\xfe\x00", "decode"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"resourceSpans": ' + b'{"a":' * 200_000, "nested too deeply"),
        (b'{"resourceSpans": 7}', "resourceSpans"),
        (b'{"resourceSpans": [{"\\ud800": 7}]}', "not an OTLP JSON request"),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": NaN}]}]}]}', "NaN"),
        (trace_request(traceId="not hex"), "traceId 'not hex' is not hexadecimal"),
        (trace_request(traceId="abcd"), "traceId 'abcd' has not 32 digits"),
        (trace_request(spanId=7), "spanId '7' is not hexadecimal"),
        (trace_request(startTimeUnixNano="soon"), "startTimeUnixNano"),
        (trace_request(startTimeUnixNano=-1), "startTimeUnixNano"),
        (trace_request(kind={}), "kind"),
        (trace_request(attributes=[{"key": "x", "value": {"intValue": "9" * 40}}]), "intValue"),
    ],
)
def test_garbage_is_refused_in_words(store, said, words):
    status, body, headers = post(store, "/v1/traces", said)
    assert (status, headers["Content-Type"]) == (400, "application/json")
    message = json.loads(body)["message"]
    assert "not an OTLP JSON request" in message
    assert words in message
    assert len(message) <= 1000


def test_the_limits_are_those_of_protobuf(store):
    assert post(store, "/v1/logs", b" " * (9 << 20))[0] == 413
    bomb = gzip.compress(b'{"a":[' + b"[]," * (3 << 20) + b"[]]}")  # some 200 MiB as objects
    assert post(store, "/v1/logs", bomb, Content_Encoding="gzip")[0] == 413
    deep = {"stringValue": "x"}
    for _ in range(200):
        deep = {"arrayValue": {"values": [deep]}}
    sent = trace_request("js-deep", attributes=[{"key": "deep", "value": deep}])
    assert post(store, "/v1/traces", sent)[0] == 400
    assert post(store, "/v1/traces", trace_request("js"), Authorization="Bearer no")[0] == 401
