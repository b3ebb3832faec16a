"""LDS: one listener per port, the same for every site; what differs between sites is in the routes."""

import ipaddress
from pathlib import Path

from golive.adapters.envoy.access_logs import requests_log
from golive.adapters.envoy.clusters import file_source
from golive.adapters.envoy.filters import filter_chain
from golive.adapters.envoy.names import Json, port_name, routes_file, type_prefix, typed
from golive.adapters.envoy.tracing import listener_tracing
from golive.ship.traffic.domain import EdgeState

# Nobody is "internal": clients on this machine may not choose request ids or set x-envoy-* either.
_NOBODY = {"address_prefix": "255.255.255.255", "prefix_len": 32}

# What a client says about who it is and whom it called; applications tend to believe these.
_CLAIMS = (
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-real-ip",
    "forwarded",
)

# Traces begin here, for everyone: proxies pass on what strangers send, so not even a listed one is believed.
_TRACE_CONTEXT = (
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "uber-trace-id",
    "x-client-trace-id",
    "x-envoy-force-trace",
)
_TRACE_PREFIXES = ("x-b3-", "uberctx-", "x-ot-span-")


def listener(state: EdgeState, host: str, port: int, directory: Path) -> Json:
    """Return the listener on `host` and `port`; only the trusted proxies are believed about the client's address."""
    chains = [_chain(state, port, directory, trusted_hops=0)]
    if state.trusted_proxies:
        behind_proxy = _chain(state, port, directory, trusted_hops=1)
        behind_proxy["filter_chain_match"] = {
            "source_prefix_ranges": [_range(cidr) for cidr in state.trusted_proxies]
        }
        chains.insert(0, behind_proxy)
    return {
        "@type": type_prefix + "config.listener.v3.Listener",
        "name": port_name(port),
        "address": {"socket_address": {"address": host, "port_value": port}},
        "enable_reuse_port": False,
        "per_connection_buffer_limit_bytes": 1024 * 1024,
        "filter_chains": chains,
    }


def _range(cidr: str) -> Json:
    network = ipaddress.ip_network(cidr, strict=False)
    return {"address_prefix": str(network.network_address), "prefix_len": network.prefixlen}


def _chain(state: EdgeState, port: int, directory: Path, *, trusted_hops: int) -> Json:
    tracing = {"tracing": listener_tracing(state.collector)} if state.collector else {}
    manager = typed(
        "envoy.filters.network.http_connection_manager",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix=port_name(port),
        codec_type="AUTO",
        use_remote_address=True,
        skip_xff_append=True,
        xff_num_trusted_hops=trusted_hops,
        internal_address_config={"cidr_ranges": [_NOBODY]},
        early_header_mutation_extensions=[_strip_headers(trusted=trusted_hops > 0)],
        request_id_extension=_request_ids(),
        server_header_transformation="PASS_THROUGH",
        normalize_path=True,
        common_http_protocol_options={
            "idle_timeout": "300s",
            "headers_with_underscores_action": "DROP_HEADER",
        },
        request_headers_timeout="15s",
        stream_idle_timeout="300s",
        upgrade_configs=[{"upgrade_type": "websocket"}],
        access_log=requests_log(directory),
        rds={
            "route_config_name": port_name(port),
            "config_source": file_source(directory / "xds" / routes_file(port)),
        },
        http_filters=filter_chain(directory),
        **tracing,
    )
    return {"name": f"hops-{trusted_hops}", "filters": [manager]}


def _strip_headers(*, trusted: bool) -> Json:
    private: list[Json] = [
        {"remove_on_match": {"key_matcher": {"prefix": prefix}}}
        for prefix in ("x-golive-", *_TRACE_PREFIXES)
    ]
    private += [{"remove": name} for name in _TRACE_CONTEXT]
    claims = [] if trusted else [{"remove": name} for name in _CLAIMS]
    return typed(
        "envoy.http.early_header_mutation.header_mutation",
        "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=private + claims,
    )


def _request_ids() -> Json:
    settings = typed(
        "", "extensions.request_id.uuid.v3.UuidRequestIdConfig", pack_trace_reason=False
    )
    return {"typed_config": settings["typed_config"]}
