"""What ends: days that are past, and the disk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from golive.watch.telemetry.ports import QueryRefused
from tests.contract.store.test_otlp import spans
from tests.support import wait_for


def rows(service, days):
    at = datetime.now(UTC).replace(hour=12) - timedelta(days=days)
    return [{"Timestamp": f"{at:%Y-%m-%d %H:%M:%S}", "ServiceName": service}]


def test_days_past_their_time_are_dropped_and_the_others_stay(own_store):
    store = own_store(retention_days={"errors": 2}).start()
    client = store.client()
    for days in (1, 2, 3, 40):
        client.insert("errors", rows(f"day-{days}", days))
        client.insert("otel_logs", rows(f"day-{days}", days))
    store.kill()
    store.start()
    wait_for(
        lambda: not store.count("errors", "ServiceName IN ('day-3', 'day-40')"),
        seconds=120,
        what="the drop of old days",
    )
    kept = store.client().query("SELECT ServiceName AS s FROM errors ORDER BY s")
    assert [row["s"] for row in kept] == ["day-1", "day-2"]
    wait_for(
        lambda: not store.count("otel_logs", "ServiceName = 'day-40'"),
        seconds=120,
        what="the drop of old logs",
    )
    assert store.count("otel_logs") == 3


def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(own_store):
    store = own_store().start()
    assert store.post("/v1/traces", spans("before", 30))[0] == 200
    assert store.stop() == 0
    enough = store.config.read_text()
    store.config.write_text(enough.replace("{", f'{{"min_free_bytes": {1 << 60}, ', 1))
    store.start()
    (store.edge / "requests.json").write_text('{"site": "disk/production", "path": "/", "code": 200}\n')
    status, words, headers = store.post("/v1/traces", spans("full", 30))
    assert (status, headers["Retry-After"]) == (503, "5")
    assert b"the disk of the store is full" in words
    with pytest.raises(QueryRefused, match="enough free space"):
        store.client().insert("errors", rows("full", 0))
    assert (store.count("otel_traces"), store.count("errors")) == (30, 0)
    assert store.stop() == 0
    store.config.write_text(enough)
    store.start()
    assert store.post("/v1/traces", spans("full", 30))[0] == 200
    store.wait_count("edge_requests", 1, "Site = 'disk/production'")
    assert store.count("otel_traces") == 60


def test_memory_is_bounded_however_much_is_kept(store):
    """Caches of gigabytes, which the engine takes for granted, would fill up over months beside the apps."""
    settings = store.client().query(
        "SELECT name, toUInt64OrZero(value) AS value FROM system.server_settings "
        "WHERE name LIKE '%cache_size' OR name = 'max_server_memory_usage'"
    )
    sizes = {row["name"]: row["value"] for row in settings}
    assert 0 < sizes.pop("max_server_memory_usage") <= 2 << 30
    used = ("mark", "index_mark", "primary_index", "text_index_tokens", "text_index_header", "text_index_postings")
    assert sum(sizes[f"{name}_cache_size"] for name in (*used, "query_condition", "compiled_expression")) < 512 << 20
    mapped = (Path("/proc") / str(store.process.pid) / "maps").read_text()
    assert "libarrow" not in mapped


def test_a_moment_years_ahead_makes_no_partition(store):
    ahead = int((datetime.now(UTC) + timedelta(days=3650)).timestamp() * 1e9)
    for day in range(5):
        at = ahead + day * 86_400 * 10**9
        assert store.post("/v1/traces", spans("ahead", at=at))[0] == 200
    today = datetime.now(UTC).date()
    days = store.client().query("SELECT DISTINCT partition AS day FROM system.parts WHERE active AND database = 'otel'")
    assert max(row["day"].strip("'") for row in days) <= f"{today + timedelta(days=1)}"
    said = store.client().query(
        "SELECT SpanAttributes['golive.original_timestamp'] AS said FROM otel_traces "
        "WHERE ServiceName = 'ahead' ORDER BY said LIMIT 1"
    )
    assert said == [{"said": str(ahead)}]


def test_a_span_with_very_many_attributes_is_kept_whole(store):
    request = spans("wide")
    wide = b"".join(
        b"\x4a" + bytes([len(entry)]) + entry
        for entry in (b"\x0a\x06" + b"k%05d" % n + b"\x12\x08\x0a\x06" + b"v%05d" % n for n in range(50_000))
    )
    assert store.post("/v1/traces", _with_attributes(wide))[0] == 200
    assert store.post("/v1/traces", request)[0] == 200
    found = store.client().query(
        "SELECT length(SpanAttributes) AS n, SpanAttributes['k49999'] AS last FROM otel_traces "
        "WHERE ServiceName = 'wide' AND SpanName = 'many'"
    )
    assert found == [{"n": 50_000, "last": "v49999"}]


def _with_attributes(attributes):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(spans("wide"))
    span = request.resource_spans[0].scope_spans[0].spans[0]
    span.name = "many"
    span.MergeFromString(attributes)
    return request.SerializeToString()
