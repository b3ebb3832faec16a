"""Each framework behaves alike, in a real process with a real collector."""

import threading
from time import monotonic
from types import SimpleNamespace

import pytest
from golive_app.django import _query_span
from support import collecting, facts, ran, served, wait_for

PYTHON = ("django", "flask", "starlette", "wsgi")


@pytest.mark.parametrize("name", PYTHON)
def test_health_readiness_routes_and_json_logs(name: str) -> None:
    with served(name) as app:
        health = app.get("/api/health")
        assert (health.status, health.json()["status"]) == (200, "healthy")
        assert {"database", "redis", "memory"} <= set(health.json()["checks"])
        assert app.get("/api/ready").json()["status"] == "ready"
        assert app.get("/things/7").headers["x-golive-route"] == "/things/{number}"
        broken = app.get("/boom/now")
        assert (broken.status, broken.headers["x-golive-route"]) == (500, "/boom/{name}")
        assert "x-golive-route" not in app.get("/nowhere").headers
        app.stop()
        line = app.log("thing_shown")
        assert line
        assert (line["level"], line["logger"], line["thing"]) == ("INFO", "things", 7)
        assert "trace_id" not in line


@pytest.mark.parametrize("name", PYTHON)
def test_telemetry_is_complete_when_the_app_has_ended(name: str) -> None:
    with collecting() as collector:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc",
            "OTEL_SERVICE_NAME": "things",
            "OTEL_RESOURCE_ATTRIBUTES": "service.version=1.4.2,deployment.environment.name=staging,golive.release=rel_1",
            "OTEL_BSP_SCHEDULE_DELAY": "60000",
        }
        with served(name, **environment) as app:
            parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            app.get("/things/7", traceparent=parent)
            app.get("/boom/now")
            app.get("/nowhere")
            app.stop()
            line = app.log("thing_shown")
        shown = collector.span("GET /things/{number}")
        assert shown.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
        assert line
        assert line["trace_id"] == shown.trace_id.hex()
        assert facts(shown.attributes)["http.response.status_code"] == 200
        broken = collector.span("GET /boom/{name}")
        assert broken.status.code == 2
        event = facts(next(event for event in broken.events if event.name == "exception").attributes)
        assert event["exception.type"] == "ValueError"
        resource = collector.spans[0][0]
        assert resource["service.name"] == "things"
        assert resource["service.version"] == "1.4.2"
        assert resource["deployment.environment.name"] == "staging"
        assert resource["golive.release"] == "rel_1"
        record = next(row for _, row in collector.logs if row.body.string_value == "thing_shown")
        assert (record.trace_id, record.severity_text) == (shown.trace_id, "INFO")
        assert "http.server.request.duration" in {metric.name for _, metric in collector.metrics}
        assert all(headers["authorization"] == "Bearer abc" for headers in collector.headers)


def test_django_traces_its_queries() -> None:
    with collecting() as collector:
        with served("django", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as app:
            app.get("/things/7")
        query = collector.span("SELECT")
        assert facts(query.attributes)["db.system.name"] == "sqlite"
        assert query.parent_span_id == collector.span("GET /things/{number}").span_id


def test_what_an_app_hides_is_in_no_log_and_no_span() -> None:
    with collecting() as collector:
        with served("django", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as app:
            for path in ("/things/7", "/boom/open-sesame", "/nowhere/open-sesame"):
                app.get(path)
            app.stop()
        assert "a thing broke: ..." in app.text
        assert "open-sesame" not in app.text
        assert "open-sesame" not in f"{collector.spans} {collector.logs}"
        assert "url.path" not in facts(collector.span("GET /boom/{name}").attributes)
        assert facts(collector.span("GET").attributes)["url.path"] == "/nowhere/..."


@pytest.mark.parametrize("name", PYTHON)
def test_a_dead_collector_costs_nobody_anything(name: str) -> None:
    with served(name, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9") as app:
        for number in range(40):
            assert app.get(f"/things/{number}").status == 200
        begun = monotonic()
        app.stop()
        assert monotonic() - begun < 10, "flushing is bounded"
        assert "Traceback" not in app.text


def test_a_probe_needs_no_host_of_the_site() -> None:
    with served("django") as app:
        assert app.get("/things/1", Host="evil.example").status == 400
        assert app.get("/api/ready", Host="10.1.2.3").status == 200


def test_requests_in_parallel_keep_their_own_traces() -> None:
    with collecting() as collector:
        with served("flask", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as app:
            parents = [f"{number:032x}" for number in range(1, 17)]
            threads = [
                threading.Thread(
                    target=app.get,
                    args=("/things/7",),
                    kwargs={"traceparent": f"00-{trace}-b7ad6b7169203331-01"},
                )
                for trace in parents
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wait_for(lambda: len(collector.spans) >= len(parents))
        assert sorted(span.trace_id.hex() for _, span in collector.spans) == parents
        assert {row.trace_id.hex() for _, row in collector.logs if row.body.string_value == "thing_shown"} == set(
            parents
        )


ODD_LINES = """
import logging, golive_app

class Odd:
    def __str__(self):
        raise RuntimeError("odd")

golive_app.start()
log = logging.getLogger("things")
log.warning("%d things", "three")
log.warning("a thing", extra={"odd": Odd()})
log.warning("a good line")
print("served")
"""


def test_a_log_call_that_cannot_be_formatted_breaks_no_request() -> None:
    with collecting() as collector:
        assert ran(ODD_LINES, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) == "served\n"
        assert [row.body.string_value for _, row in collector.logs] == ["a good line"]


def test_lines_that_are_read_from_standard_output_are_not_sent_too() -> None:
    with collecting() as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_LOGS_EXPORTER": "none"}
        with served("flask", **environment) as app:
            app.get("/things/7")
            app.stop()
            line = app.log("thing_shown")
        assert line
        assert line["trace_id"] == collector.span("GET /things/{number}").trace_id.hex()
        assert not collector.logs


def test_a_store_that_restarts_costs_no_span() -> None:
    with collecting() as collector:
        collector.refusals = 1
        with served("flask", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_LOGS_EXPORTER="none") as app:
            app.get("/things/7")
            wait_for(lambda: collector.span("GET /things/{number}"))
        assert collector.refusals == 0


def test_a_query_that_is_no_plain_text_is_run() -> None:
    run = []
    context = {"connection": SimpleNamespace(vendor="postgresql")}
    for sql in (SimpleNamespace(), "", "  ", b"SELECT 1"):  # psycopg composes objects
        _query_span(lambda *told: run.append(told[0]), sql, None, False, context)
    assert len(run) == 4


def test_a_wrong_variable_keeps_no_app_from_starting() -> None:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "soon"}
    assert ran("import golive_app; print(golive_app.start())", **environment) == "False\n"


HUGE = """
import logging, golive_app

def deep(n):
    if n == 0:
        raise ValueError("x" * 5_000_000)
    (deep if n % 2 else shallow)(n - 1)

def shallow(n):
    deep(n)

golive_app.start()
try:
    with golive_app.span("work", note="y" * 5_000_000):
        deep(400)
except ValueError:
    logging.getLogger("things").exception("z" * 5_000_000)
"""


def test_a_huge_exception_does_not_make_the_collector_refuse_what_is_beside_it() -> None:
    with collecting() as collector:
        ran(HUGE, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        span = collector.span("work")
        assert span.ByteSize() < 50_000
        event = facts(span.events[0].attributes)
        assert event["exception.message"].startswith("xxx")
        assert ", in deep" in event["exception.stacktrace"]
        assert collector.logs[0][1].ByteSize() < 50_000


FORKED = """
import logging, os, golive_app
from golive_app import telemetry

golive_app.start()
log = logging.getLogger("things")
log.warning("before")
telemetry._pipeline._logs.force_flush()
child = os.fork()
if not child:
    log.warning("child")
    golive_app.flush()
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_forked_worker_sends_by_a_connection_of_its_own() -> None:
    with collecting() as collector:
        ran(FORKED, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        assert set(collector.connections) == {"before", "child"}
        assert not collector.connections["before"] & collector.connections["child"]
