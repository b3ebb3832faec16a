"""RDS: where a request goes, by visitor, method and kind; the only file that a release step touches.

One cookie `golive_v` (the id of the visitor's first request) lives for ever. A keyed hash of it picks
the arm, with the new release first in the list: its interval only grows with its share, so nobody
hops back while a release is ramped. The key differs per release, so not always the same visitors
go first, and clients cannot compute the arm of a made-up cookie.
"""

import hashlib
from dataclasses import dataclass

from golive.adapters.envoy.filters import VISITOR_COOKIE, body_limit, site_settings
from golive.adapters.envoy.names import (
    Json,
    fallback_cluster,
    lone_cluster,
    port_name,
    type_prefix,
    typed,
)
from golive.adapters.envoy.pages import (
    empty_route,
    from_addresses,
    maintenance_route,
    static_routes,
    to_tls,
)
from golive.adapters.envoy.tracing import route_tracing
from golive.ship.traffic.domain import Site, SlowRoute, Split, StaticSite

WEIGHTS = 10_000

_SAFE = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD|OPTIONS"}}}
_SEEN = {"name": "cookie", "string_match": {"safe_regex": {"regex": VISITOR_COOKIE}}}
_STREAM = {"name": "accept", "string_match": {"contains": "text/event-stream"}}
_SOCKET = {"name": "upgrade", "string_match": {"exact": "websocket", "ignore_case": True}}

_SET_COOKIE: Json = {
    "header": {
        "key": "set-cookie",
        "value": "golive_v=%REQ(X-REQUEST-ID)%; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
    },
    "append_action": "APPEND_IF_EXISTS_OR_ADD",
}

_LONG_LIVED: Json = {"idle_timeout": "3600s"}

_RETRY: Json = {
    "num_retries": 3,
    "host_selection_retry_max_attempts": 10,
    "retry_back_off": {"base_interval": "0.005s", "max_interval": "0.05s"},
    # At once to the other release: a second replica of a release that hangs costs a visitor the time again.
    "retry_priority": typed(
        "envoy.retry_priorities.previous_priorities",
        "extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
        update_frequency=1,
    ),
    "retry_host_predicate": [
        typed(
            "envoy.retry_host_predicates.previous_hosts",
            "extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        )
    ],
}
_RETRY_SAFE = {**_RETRY, "retry_on": "connect-failure,refused-stream,reset,gateway-error"}
# Only what surely never reached the application: a write must not happen twice.
_RETRY_WRITE = {**_RETRY, "retry_on": "connect-failure,refused-stream,reset-before-request"}

_SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
}
# Never over plain HTTP (RFC 6797, section 7.2).
_OVER_TLS = {"strict-transport-security": "max-age=31536000"}


def route_configuration(
    port: int, sites: list[Site], static_sites: list[StaticSite], redirected: list[Site], salt: str
) -> Json:
    """Return the routes of all sites on a port. `salt` is the secret of the visitors' hash."""
    hosts = [_site_host(site, salt) for site in sites]
    hosts += [_host(site.id, site.domains, static_routes(site)) for site in static_sites]
    hosts += [_host(site.id, site.domains, [to_tls(site)]) for site in redirected]
    return {
        "@type": type_prefix + "config.route.v3.RouteConfiguration",
        "name": port_name(port),
        "validate_clusters": True,
        "ignore_port_in_host_matching": True,
        "max_direct_response_body_size_bytes": 4 * 1024 * 1024,
        "response_headers_to_remove": ["server", "x-powered-by"],
        "virtual_hosts": hosts,
    }


def _host(name: str, domains: tuple[str, ...], routes: list[Json]) -> Json:
    for route in routes:
        route["metadata"] = {"filter_metadata": {"golive": {"site": name}}}
    return {"name": name, "domains": list(domains), "routes": routes}


def _site_host(site: Site, salt: str) -> Json:
    host = _host(site.id, site.domains, _site_routes(site, salt))
    headers = dict(_SECURITY_HEADERS) if site.security_headers else {}
    if headers and site.tls:
        headers |= _OVER_TLS
    if site.csp:
        headers["content-security-policy"] = site.csp.replace("%", "%%")  # one % begins a command of Envoy
    host["response_headers_to_add"] = [
        {"header": {"key": key, "value": value}, "append_action": "ADD_IF_ABSENT"} for key, value in headers.items()
    ]
    host["typed_per_filter_config"] = site_settings(site)
    return host


def _site_routes(site: Site, salt: str) -> list[Json]:
    if site.split is None:
        return [empty_route()]
    if site.maintenance is None:
        return _served(site, site.split, salt, [])
    closed = maintenance_route(site.maintenance)
    if not site.maintenance.allow:
        return [closed]
    return [*_served(site, site.split, salt, [from_addresses(site.maintenance.allow)]), closed]


def _served(site: Site, split: Split, salt: str, only: list[Json]) -> list[Json]:
    everything = SlowRoute("/", site.route_timeout_s, site.try_timeout_s)
    longest_first = sorted(site.slow_routes, key=lambda slow: -len(slow.prefix))
    routes = []
    for seen in (True, False):
        visitor = _visitor(split, salt, seen=seen)
        match = [*only, _SEEN] if seen else only
        routes += [
            visitor.route("socket", "/", [*match, _SOCKET], {"timeout": "0s", **_LONG_LIVED}),
            visitor.route("stream", "/", [*match, _STREAM], {"timeout": "0s", **_LONG_LIVED}),
        ]
        for limits in (*longest_first, everything):
            safe, write = _limits(limits, _RETRY_SAFE), _limits(limits, _RETRY_WRITE)
            write_route = visitor.route("write", limits.prefix, match, write)
            write_route["typed_per_filter_config"] = body_limit(site.max_body_bytes)
            routes += [visitor.route("safe", limits.prefix, [*match, _SAFE], safe), write_route]
    for route in routes:
        route["route"]["weighted_clusters"] = _weighted(site.id, split)
        route["tracing"] = route_tracing(site.trace_percent)
    return routes


def _limits(limits: SlowRoute, retry: Json) -> Json:
    policy = dict(retry)
    if limits.try_timeout_s and retry is _RETRY_SAFE:
        policy["per_try_timeout"] = _duration(limits.try_timeout_s)
    return {"timeout": _duration(limits.route_timeout_s), "retry_policy": policy}


def _duration(seconds: float) -> str:
    """Return a length as protobuf's JSON has it: no exponent, however long."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _weighted(site: str, split: Split) -> Json:
    if split.new is None or split.old is None:
        (only,) = split.releases
        return {"clusters": [{"name": lone_cluster(site, only), "weight": WEIGHTS}]}
    weight = round(split.share * WEIGHTS)
    arms = (
        (fallback_cluster(site, split.new, split.old), weight),
        (fallback_cluster(site, split.old, split.new), WEIGHTS - weight),
    )
    clusters = [{"name": name, "weight": part} for name, part in arms if part]
    return {"clusters": clusters, "use_hash_policy": True}


@dataclass(frozen=True)
class _Visitor:
    """How a known or a new visitor is hashed, named to the application and remembered."""

    hash_policy: Json
    request_headers: list[Json]
    response_headers: list[Json]

    def route(self, kind: str, prefix: str, headers: list[Json], action: Json) -> Json:
        return {
            "name": kind,
            "match": {"prefix": prefix, "headers": headers},
            "route": {"hash_policy": [self.hash_policy], **action},
            "request_headers_to_add": self.request_headers,
            "response_headers_to_add": self.response_headers,
        }


def _visitor(split: Split, salt: str, *, seen: bool) -> _Visitor:
    key = hashlib.sha256(f"{salt}/{split.new or split.old}".encode()).hexdigest()[:32]
    header, pattern, name, cookie = (
        ("cookie", f"^{VISITOR_COOKIE}$", "%DYNAMIC_METADATA(golive:visitor)%", [])
        if seen
        else ("x-request-id", "^(.+)$", "%REQ(X-REQUEST-ID)%", [_SET_COOKIE])
    )
    rewrite = {"pattern": {"regex": pattern}, "substitution": f"{key}:\\1"}
    return _Visitor(
        hash_policy={"header": {"header_name": header, "regex_rewrite": rewrite}},
        request_headers=[
            _overwrite("x-golive-visitor", name),
            _overwrite("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
        ],
        response_headers=cookie,
    )


def _overwrite(key: str, value: str) -> Json:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
