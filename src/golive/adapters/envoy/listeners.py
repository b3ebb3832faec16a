"""LDS: one listener per port, the same for every site; what differs between sites is in the routes."""

import ipaddress
from pathlib import Path

from golive.adapters.envoy.access_logs import requests_log
from golive.adapters.envoy.clusters import file_source
from golive.adapters.envoy.door import door_router, door_routes
from golive.adapters.envoy.filters import filter_chain
from golive.adapters.envoy.names import Json, port_name, routes_file, type_prefix, typed
from golive.adapters.envoy.tls import encryption, hello_inspector, server_names
from golive.adapters.envoy.tracing import listener_tracing
from golive.ship.traffic.domain import EdgeState, Site

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

# Bounds for one connection, as Envoy's guide for edges has them.
_HTTP2: Json = {
    "max_concurrent_streams": 100,
    "initial_stream_window_size": 65_536,
    "initial_connection_window_size": 1_048_576,
}


def listener(state: EdgeState, host: str, port: int, directory: Path) -> Json:
    """Return the listener on `host` and `port`; only the trusted proxies are believed about the client's address."""
    here = _served(state, port, directory)
    own = [(encryption(s.id, directory), server_names(s.domains), here) for s in _tls(state, port)]
    if port in state.routed_ports and not own:
        own = [({}, {}, here)]
    door = state.door if state.door and state.door.port == port else None
    if door:
        shown = {
            "stat_prefix": "door",
            "route_config": door_routes(door),
            "http_filters": [door_router()],
        }
        own.append((encryption(door.id, directory), server_names((door.domain,)), shown))
    chains = [
        _chain(state, names, socket, settings, trusted_hops=hops)
        for socket, names, settings in own
        for hops in ((1, 0) if state.trusted_proxies else (0,))
    ]
    encrypted = any(socket for socket, _, _ in own)
    peek = {"listener_filters": [hello_inspector()]} if encrypted else {}
    return {
        **peek,
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


def _tls(state: EdgeState, port: int) -> list[Site]:
    return [site for site in state.sites if site.port == port and site.tls]


def _served(state: EdgeState, port: int, directory: Path) -> Json:
    """Return what is true of the sites of a port and not of the door: logs, traces and routes of their own file."""
    tracing = {"tracing": listener_tracing(state.collector)} if state.collector else {}
    routes = file_source(directory / "xds" / routes_file(port))
    return {
        **tracing,
        "stat_prefix": port_name(port),
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "access_log": requests_log(directory),
        "rds": {"route_config_name": port_name(port), "config_source": routes},
        "http_filters": filter_chain(directory),
    }


def _chain(state: EdgeState, match: Json, socket: Json, settings: Json, *, trusted_hops: int) -> Json:
    if trusted_hops:
        match = match | {"source_prefix_ranges": [_range(cidr) for cidr in state.trusted_proxies]}
    manager = typed(
        "envoy.filters.network.http_connection_manager",
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
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
        http2_protocol_options=_HTTP2,
        request_headers_timeout="15s",
        stream_idle_timeout="300s",
        **settings,
    )
    name = f"{match.get('server_names', ['any'])[0]}-hops-{trusted_hops}"
    return {"name": name, "filter_chain_match": match, "filters": [manager], **socket}


def _strip_headers(*, trusted: bool) -> Json:
    private: list[Json] = [
        {"remove_on_match": {"key_matcher": {"prefix": prefix}}} for prefix in ("x-golive-", *_TRACE_PREFIXES)
    ]
    private += [{"remove": name} for name in _TRACE_CONTEXT]
    claims = [] if trusted else [{"remove": name} for name in _CLAIMS]
    return typed(
        "envoy.http.early_header_mutation.header_mutation",
        "extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=private + claims,
    )


def _request_ids() -> Json:
    settings = typed("", "extensions.request_id.uuid.v3.UuidRequestIdConfig", pack_trace_reason=False)
    return {"typed_config": settings["typed_config"]}
