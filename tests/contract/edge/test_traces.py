"""Every trace begins at the edge, and nobody outside decides which."""

import json
import re
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from golive.ship.traffic.domain import Collector, EdgeState, Split
from tests.support import wait_for

TOKEN = "token-of-the-store"
STRANGE = "a" * 32
CLAIMS = {
    "traceparent": f"00-{STRANGE}-{'b' * 16}-01",
    "tracestate": "them=1",
    "baggage": "who=me",
    "b3": f"{STRANGE}-{'b' * 16}-1",
    "X-B3-Sampled": "1",
    "x-envoy-force-trace": "1",
    "x-client-trace-id": "theirs",
}


class Receiver(BaseHTTPRequestHandler):
    """Takes chunked OTLP requests, as Envoy sends them."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        self.server.got.append((self.path, self.headers["authorization"], body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        return


class Store(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Receiver)
        self.got = []

    def spans(self, path):
        found = []
        for _, _, body in self.got:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += [(span, told(span)) for span in scope.spans]
        return [(span, facts) for span, facts in found if facts["http.url"] == path]


def told(span):
    return {entry.key: entry.value.string_value for entry in span.attributes}


@pytest.fixture
def store():
    server = Store()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def traced(edge, store, tmp_path):
    """The edge with a collector; returns how to serve with a share of traces."""
    token = tmp_path / "ingest.key"
    token.write_text(f"{TOKEN}\n")
    collector = Collector(store.server_address[1], str(token))

    def serve(percent):
        site = edge.site(Split.only("A"), trace_percent=percent)
        edge.router.apply(EdgeState((site,), collector=collector))

    return serve


def context(answer):
    headers = {key.lower(): value for key, value in json.loads(answer.body).items()}
    return re.fullmatch("00-([0-9a-f]{32})-([0-9a-f]{16})-0([01])", headers["traceparent"]), headers


def test_a_recorded_trace_begins_with_the_hop_of_the_edge(edge, traced, store):
    traced(100.0)
    parent, _ = context(edge.get("/headers?secret=1", headers={"user-agent": "me"}))
    (line,) = edge.logged("requests", "/headers")[-1:]
    assert line["trace"] == parent[0]
    edge.get("/orders/77")
    wait_for(lambda: store.spans("/orders/77"), what="the spans")
    (span, facts) = store.spans("/headers")[-1]
    assert (span.trace_id.hex(), span.span_id.hex(), parent[3]) == (parent[1], parent[2], "1")
    assert span.parent_span_id == b""
    assert (span.name, facts["http.status_code"]) == ("GET /headers", "200")
    assert (facts["golive.site"], facts["golive.release"]) == ("market/production", "A")
    assert store.spans("/orders/77")[0][0].name == "GET /orders/{id}"
    assert {(path, token) for path, token, _ in store.got} == {("/v1/traces", f"Bearer {TOKEN}")}
    assert b"secret" not in b"".join(body for _, _, body in store.got)


def test_strangers_neither_join_a_trace_nor_have_theirs_recorded(edge, traced):
    for percent, sampled in ((100.0, "1"), (0.0, "0")):
        traced(percent)
        answers = [context(edge.get("/headers", headers=CLAIMS)) for _ in range(5)]
        assert {parent[3] for parent, _ in answers} == {sampled}
        assert len({parent[1] for parent, _ in answers} | {STRANGE}) == 6
        for _, headers in answers:
            assert not {"baggage", "b3", "x-b3-sampled", "x-client-trace-id"} & set(headers)
            assert "them" not in headers.get("tracestate", "")


def test_a_listed_proxy_passes_on_what_strangers_say_and_is_not_believed_either(edge):
    edge.router.apply(EdgeState((edge.site(Split.only("A")),), trusted_proxies=("127.0.0.8/32",)))
    answer = edge.get("/headers", headers=CLAIMS, source="127.0.0.8")
    assert STRANGE not in answer.text


def test_a_share_of_the_traces_is_recorded(edge, traced):
    traced(30.0)
    found = [context(edge.get("/headers"))[0][3] for _ in range(200)]
    assert 30 < found.count("1") < 95


def test_a_dead_store_costs_no_request(edge, traced, store):
    store.server_close()
    traced(100.0)
    assert {edge.get("/dead").status for _ in range(100)} == {200}
    wait_for(lambda: edge.lines("requests", "/dead"))


def test_the_token_is_in_no_file_of_the_edge(edge, traced):
    traced(100.0)
    edge.get("/headers")
    for path in edge.directory.rglob("*"):
        if stat.S_ISREG(path.stat().st_mode):
            assert TOKEN.encode() not in path.read_bytes()
