"""Every value that OTLP can say arrives as its text, through the real store."""

import base64
import json
import math
import re
import secrets
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from golive.adapters.clickhouse.otlp_values import flattened

scalars = (
    st.text(max_size=20)
    | st.sampled_from(["", "*", "2", "\n", "x" * 126, "x" * 127, "x" * 128, "x" * 16383, "x" * 16384])
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.sampled_from([0, 1, -1, 127, 128, 2**63 - 1, -(2**63)])
    | st.floats(width=32)
    | st.binary(max_size=20)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc*2\x12", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def say(said, value):
    if isinstance(value, bool):
        said.bool_value = value
    elif isinstance(value, int):
        said.int_value = value
    elif isinstance(value, float):
        said.double_value = value
    elif isinstance(value, bytes):
        said.bytes_value = value
    elif isinstance(value, str):
        said.string_value = value
    elif isinstance(value, list):
        said.array_value.SetInParent()
        for item in value:
            say(said.array_value.values.add(), item)
    else:
        said.kvlist_value.SetInParent()
        for key, item in value.items():
            say(said.kvlist_value.values.add(key=key).value, item)


def within(value):
    if isinstance(value, list):
        return [within(item) for item in value]
    if isinstance(value, dict):
        return {key: within(item) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def agrees(text, value):
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, float):
        return math.isnan(value) == math.isnan(float(text)) and (math.isnan(value) or float(text) == value)
    if isinstance(value, bytes):
        return text == value.hex().upper()
    return json.loads(text) == within(value) if isinstance(value, list | dict) else text == str(value)


@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(st.lists(values, min_size=40, max_size=40))
def test_values_of_attributes_and_bodies(store, said):
    service = f"values-{secrets.token_hex(8)}"
    request = ExportLogsServiceRequest()
    by_resource = request.resource_logs.add()
    by_resource.resource.attributes.add(key="service.name").value.string_value = service
    say(by_resource.resource.attributes.add(key="args").value, ["node", {"a": [1]}])
    scope = by_resource.scope_logs.add()
    for number, value in enumerate(said):
        record = scope.log_records.add(time_unix_nano=time.time_ns(), severity_text=str(number))
        say(record.body, value)
        say(record.attributes.add(key="v").value, value)
        record.attributes.add(key="nothing")
    assert store.post("/v1/logs", request.SerializeToString())[0] == 200
    rows = store.client().query(
        "SELECT Body, LogAttributes, ResourceAttributes['args'] AS args FROM otel_logs "
        "WHERE ServiceName = {service:String} ORDER BY toUInt32(SeverityText)",
        {"service": service},
    )
    for row, value in zip(rows, said, strict=True):
        assert agrees(row["Body"], value), (row["Body"], value)
        assert agrees(row["LogAttributes"]["v"], value), (row["LogAttributes"], value)
        assert row["LogAttributes"]["nothing"] == ""
        assert row["args"] == '["node",{"a":[1]}]'


def test_deep_values_of_spans_events_and_links(store):
    request = ExportTraceServiceRequest()
    by_resource = request.resource_spans.add()
    by_resource.resource.attributes.add(key="service.name").value.string_value = "deep"
    span = by_resource.scope_spans.add().spans.add(name="x", start_time_unix_nano=time.time_ns())
    for attributes in (
        span.attributes,
        span.events.add(name="e").attributes,
        span.links.add().attributes,
    ):
        say(attributes.add(key="tags").value, ["a", 7, [True]])
    assert store.post("/v1/traces", request.SerializeToString())[0] == 200
    (row,) = store.client().query(
        "SELECT SpanAttributes['tags'] AS a, Events.Attributes[1]['tags'] AS e, "
        "Links.Attributes[1]['tags'] AS l FROM otel_traces WHERE ServiceName = 'deep'"
    )
    assert set(row.values()) == {'["a",7,[true]]'}


def test_a_request_of_scalars_passes_untouched():
    request = ExportTraceServiceRequest()
    for number in range(300):
        spans = request.resource_spans.add().scope_spans.add().spans
        span = spans.add(name="*2" * number, span_id=b"*\x07" + bytes(6))
        say(span.attributes.add(key="\x12").value, "2*" * number)
    body = request.SerializeToString()
    assert flattened("traces", body) is body


def test_a_value_the_search_did_not_know_is_hexadecimal(store):
    """A length may be written in more bytes than it needs; nothing fails over it."""
    odd = AnyValue()
    say(odd, ["a"])
    entry = b"\x0a\x01t\x12\x85\x80\x80\x80\x00" + odd.SerializeToString()
    name = b"\x0a\x0cservice.name\x12\x05\x0a\x03odd"
    resource = b"\x0a" + bytes([len(name)]) + name + b"\x0a" + bytes([len(entry)]) + entry
    span = b"\x0a\x00" + b"\x12\x03\x12\x01x"
    scope = b"\x12" + bytes([len(span)]) + span
    content = b"\x0a" + bytes([len(resource)]) + resource + scope
    assert store.post("/v1/traces", b"\x0a" + bytes([len(content)]) + content)[0] in {200, 400}
    for row in store.client().query("SELECT ResourceAttributes['t'] AS t FROM otel_traces WHERE ServiceName = 'odd'"):
        assert re.fullmatch("[0-9A-F]*", row["t"])
