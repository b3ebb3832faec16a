"""Traces begin at the edge: each recorded one with a span of the edge itself, sent to golive's store.

Whatever a client says about traces is removed before (`listeners`), so nobody outside chooses what is recorded or
adds to a trace of others. The decision travels on to the application in `traceparent` (W3C Trace Context, level 1).
Spans leave in batches beside the requests; with a dead store they are dropped, and no request waits for one.
"""

import json
from pathlib import Path

from golive.adapters.envoy.clusters import file_source
from golive.adapters.envoy.names import Json, secret_file, type_prefix, typed
from golive.ship.traffic.domain import Collector

CLUSTER = "golive-collector"
CREDENTIAL = "collector"
SERVICE = "golive-edge"

# The defaults, 5 spans or 5 s, would mean a call for every fifth request, and a page that is late.
BATCHES: Json = {
    "tracing.opentelemetry.min_flush_spans": 500,
    "tracing.opentelemetry.flush_interval_ms": 1000,
}

_CALLS = 16
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

# Envoy's own `http.url` has the query, which may hold secrets.
_PATH = "%PATH(NQ):512%"


def _operator(command: str, param: str) -> Json:
    return {"command": command, "param": param, "max_length": 200}


_ROUTE_OR_PATH = [_operator("DYNAMIC_METADATA", "golive:route"), _operator("PATH", "NQ")]
_SPAN_NAME = f"%REQ(:METHOD):16% %COALESCE({json.dumps({'operators': _ROUTE_OR_PATH})})%"


def listener_tracing(collector: Collector) -> Json:
    """Return the tracing of a listener; nothing is recorded where a route does not ask for it."""
    uri = f"http://127.0.0.1:{collector.port}/v1/traces"
    return {
        **{f"{kind}_sampling": {"value": share} for kind, share in _shares(0.0)},
        "operation": _SPAN_NAME,
        "custom_tags": [
            {"tag": "http.url", "value": _PATH},
            _from_metadata("golive.site", "route", "site"),
            _from_metadata("golive.release", "host", "release"),
            _from_metadata("golive.replica", "host", "replica"),
        ],
        "provider": typed(
            "envoy.tracers.opentelemetry",
            "config.trace.v3.OpenTelemetryConfig",
            service_name=SERVICE,
            http_service={"http_uri": {"uri": uri, "cluster": CLUSTER, "timeout": "10s"}},
        ),
    }


def route_tracing(percent: float) -> Json:
    """Return the share of the requests of a route whose traces are recorded."""
    return {
        f"{kind}_sampling": {"numerator": round(share * 100), "denominator": "TEN_THOUSAND"}
        for kind, share in _shares(percent)
    }


def _shares(percent: float) -> tuple[tuple[str, float], ...]:
    """Percent by kind of sampling: clients have no say, and nothing takes away from what chance chose."""
    return ("random", percent), ("client", 0.0), ("overall", 100.0)


def _from_metadata(tag: str, kind: str, key: str) -> Json:
    path = {"key": "golive", "path": [{"key": key}]}
    return {"tag": tag, "metadata": {"kind": {kind: {}}, "metadata_key": path}}


def collector_cluster(collector: Collector, xds: Path) -> Json:
    """Return the cluster of the store; it adds the token, which is in no file but its own."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": collector.port}}
    ceilings = {"max_pending_requests": _CALLS, "max_requests": _CALLS, "max_retries": 0}
    return {
        "@type": type_prefix + "config.cluster.v3.Cluster",
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "0.5s",
        "circuit_breakers": {"thresholds": [ceilings]},
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
        "typed_extension_protocol_options": {
            _HTTP_OPTIONS: {
                "@type": type_prefix + _HTTP_OPTIONS.removeprefix("envoy."),
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": {"idle_timeout": "30s"},
                "http_filters": [_token(xds), _codec()],
            }
        },
    }


def _token(xds: Path) -> Json:
    credential = typed(
        "envoy.http.injected_credentials.generic",
        "extensions.http.injected_credentials.generic.v3.Generic",
        credential={"name": CREDENTIAL, "sds_config": file_source(xds / secret_file(CREDENTIAL))},
        header="authorization",
        header_value_prefix="Bearer ",
    )
    return typed(
        "envoy.filters.http.credential_injector",
        "extensions.filters.http.credential_injector.v3.CredentialInjector",
        overwrite=True,
        credential=credential,
    )


def _codec() -> Json:
    return typed(
        "envoy.filters.http.upstream_codec",
        "extensions.filters.http.upstream_codec.v3.UpstreamCodec",
    )


def collector_secret(collector: Collector) -> Json:
    """Return the secret of the collector: the name of the file that holds it."""
    return {
        "@type": type_prefix + "extensions.transport_sockets.tls.v3.Secret",
        "name": CREDENTIAL,
        "generic_secret": {"secret": {"filename": collector.token_file}},
    }
