"""Hostile telemetry through the real store onto the pages: text, never markup."""

import time

import pytest
from django.test import Client
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from golive.kernel.access import operations as access
from golive.kernel.access.models import Person
from golive.kernel.access.roles import GOLIVE, Role
from golive.kernel.ports import bound
from golive.watch.telemetry.ports import TelemetryStore

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
TRACE = bytes(15) + b"\x66"


def label(by_resource):
    for key, value in (
        ("service.name", "hostile"),
        ("deployment.environment.name", "production"),
        ("golive.release", SCRIPT),
        ("service.version", SCRIPT),
        ("service.instance.id", SCRIPT),
        (SCRIPT, SCRIPT),
    ):
        by_resource.resource.attributes.add(key=key).value.string_value = value


@pytest.fixture
def hostile(store):
    request = ExportTraceServiceRequest()
    label(by_resource := request.resource_spans.add())
    span = by_resource.scope_spans.add().spans.add(
        trace_id=TRACE, span_id=bytes(7) + b"\1", name=SCRIPT, kind=2, start_time_unix_nano=time.time_ns()
    )
    span.status.code, span.status.message = 2, SCRIPT
    span.attributes.add(key=SCRIPT).value.string_value = SCRIPT
    span.attributes.add(key="http.route").value.string_value = SCRIPT
    event = span.events.add(name="exception", time_unix_nano=time.time_ns())
    for key in ("exception.type", "exception.message", "exception.stacktrace"):
        event.attributes.add(key=key).value.string_value = SCRIPT
    assert store.post("/v1/traces", request.SerializeToString())[0] == 200
    lines = ExportLogsServiceRequest()
    label(by_resource := lines.resource_logs.add())
    record = by_resource.scope_logs.add().log_records.add(
        time_unix_nano=time.time_ns(), trace_id=TRACE, severity_number=17, severity_text=SCRIPT
    )
    record.body.string_value = f"order {SCRIPT}"
    assert store.post("/v1/logs", lines.SerializeToString())[0] == 200
    now = f"{time.time():.6f}"
    store.client().insert(
        "edge_requests",
        [
            {
                "Timestamp": now,
                "Site": "hostile/production",
                "Method": "GET",
                "Path": f"/{SCRIPT}",
                "Route": SCRIPT,
                "Release": SCRIPT,
                "Flags": SCRIPT,
                "Status": 500,
                "TraceId": TRACE.hex(),
                "Visitor": SCRIPT,
            }
        ],
    )
    return store.client()


@pytest.mark.django_db
def test_scripts_in_telemetry_stay_text_on_every_page(hostile):
    access.create_person(by=GOLIVE, email="v@example.org", name="Vera", role=Role.VIEWER)
    browser = Client()
    browser.force_login(Person.objects.get(email="v@example.org"))
    site = "site=hostile/production"
    with bound(TelemetryStore, hostile):
        for path in (
            f"/explore?{site}",
            f"/explore/traces?{site}",
            f"/explore/logs?{site}&level=error",
            f"/explore/traces/{TRACE.hex()}",
            f"/explore?{site}&q=%3Cscript%3Ealert(1)%3C/script%3E&route=%22%3E%3Cscript%3Ealert(1)",
        ):
            answer = browser.get(path)
            said = answer.content.decode()
            assert answer.status_code == 200, path
            assert "&lt;script&gt;alert(1)" in said, path
            assert "<script>alert" not in said, path
            assert "<img src=x" not in said, path
