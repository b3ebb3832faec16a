"""From a line of the edge's log to its trace: a real edge, a real store, and an application with the real SDK."""

import json
from datetime import timedelta

import pytest
from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind

from golive.kernel import clock
from golive.ship.traffic.domain import Collector, EdgeState, Split
from golive.watch.telemetry.pages import showing
from golive.watch.telemetry.queries import traces, traffic
from tests.contract.edge.conftest import SITE
from tests.support import wait_for
from tests.support.store import StoreProcess


@pytest.fixture
def store(edge, tmp_path):
    process = StoreProcess(tmp_path / "store", edge_dir=str(edge.directory)).start()
    yield process
    assert process.stop() == 0


def handle(store, headers):
    """Do what an application with an OpenTelemetry SDK does with a request."""
    facts = {
        "service.name": "market",
        "deployment.environment.name": "production",
        "golive.release": "A",
    }
    provider = TracerProvider(resource=Resource.create(facts))
    exporter = OTLPSpanExporter(
        f"http://127.0.0.1:{store.otlp_port}/v1/traces",
        headers={"authorization": f"Bearer {store.token}"},
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    span = provider.get_tracer("app").start_span("GET /headers", propagate.extract(headers), kind=SpanKind.SERVER)
    span.end()
    provider.shutdown()


def found(store, path):
    now = clock.now()
    minute = timedelta(minutes=1)
    wanted = traffic.RequestFilter(SITE, now - minute, now + minute, path=path)
    return traffic.requests(store.client(), wanted, limit=1)


def test_a_request_leads_to_its_trace_which_begins_with_the_edge(edge, store):
    collector = Collector(store.otlp_port, str(store.directory / "token"))
    edge.router.apply(EdgeState((edge.site(Split.only("A")),), collector=collector))
    seen = json.loads(edge.get("/headers").body)
    handle(store, {key.lower(): value for key, value in seen.items()})
    wait_for(lambda: found(store, "/headers"), what="the request in the store")
    (request,) = found(store, "/headers")
    assert request.request_id == {k.lower(): v for k, v in seen.items()}["x-request-id"]

    def whole():
        trace = traces.trace(store.client(), request.trace_id)
        return trace if trace and len(trace.spans) == 2 else None

    trace = wait_for(whole, what="both hops of the trace")
    assert [(s.service, s.depth) for s in trace.spans] == [("golive-edge", 0), ("market", 1)]
    page = showing.trace_page(trace, [], lambda release: release)
    assert (page.name, page.badge) == ("GET /headers", "200")
    assert "release A" in page.detail


def test_a_request_without_a_recorded_trace_leads_nowhere(edge, store):
    collector = Collector(store.otlp_port, str(store.directory / "token"))
    site = edge.site(Split.only("A"), trace_percent=0.0)
    edge.router.apply(EdgeState((site,), collector=collector))
    edge.get("/untraced")
    wait_for(lambda: found(store, "/untraced"), what="the request in the store")
    assert found(store, "/untraced")[0].trace_id == ""
