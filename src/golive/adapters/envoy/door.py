"""The public door of the control room: its login, acknowledgement, incident and release pages, by TLS, and nothing else.

It has no access log and no traces: login links and signed links are secrets that stand in the path.
"""

from golive.adapters.envoy.clusters import HTTP_OPTIONS
from golive.adapters.envoy.names import Json, type_prefix, typed
from golive.ship.traffic.domain import Door

CLUSTER = "golive-control"

_WORD = "[A-Za-z0-9_.:=-]+"
_PAGES = (
    "/login",
    f"/login/{_WORD}",
    "/logout",
    f"/ack/{_WORD}",
    "/incidents",
    f"/incidents/{_WORD}",
    f"/incidents/{_WORD}/[a-z]+",
    "/releases",
    f"/releases/{_WORD}",
    f"/releases/{_WORD}/[a-z-]+",
    "/rooms",  # what stands round each page and lives
    "/api/v1/me",  # whether the login still holds
    r"/static/[A-Za-z0-9_/-]+\.[A-Za-z0-9.]+",
)
_LIVE = "/api/v1/events/stream"  # these pages are told by it what changed; it asks for the login, too
_ANSWER_S = 120  # a release before this one may have to start first
_MAX_AGE = "max-age=31536000"


def door_cluster(door: Door) -> Json:
    """Return the cluster of the control room."""
    address = {"socket_address": {"address": door.upstream_host, "port_value": door.upstream_port}}
    return {
        "@type": type_prefix + "config.cluster.v3.Cluster",
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "0.5s",
        "typed_extension_protocol_options": HTTP_OPTIONS,
        "load_assignment": {
            "cluster_name": CLUSTER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }


def door_router() -> Json:
    """Return the only filter of the door, without a log of attempts."""
    return typed(
        "envoy.filters.http.router",
        "extensions.filters.http.router.v3.Router",
        suppress_envoy_headers=True,
    )


def door_routes(door: Door) -> Json:
    """Return what the door shows; every other path and every other host is 404."""
    pages = [{"match": _only(path), "route": _to_control()} for path in _PAGES]
    home = {"path_redirect": "/releases", "response_code": "FOUND"}
    hidden = {"status": 404, "body": {"inline_string": "There is nothing here.\n"}}
    host = {
        "name": door.id,
        "domains": [door.domain],
        "routes": [
            {"match": {"path": "/"}, "redirect": home},
            *pages,
            {"match": {"path": _LIVE}, "route": {**_to_control(0), "idle_timeout": "60s"}},
            {"match": {"prefix": "/"}, "direct_response": hidden},
        ],
        "request_headers_to_add": [_set("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%")],
        "response_headers_to_add": [_set("strict-transport-security", _MAX_AGE)],
        "response_headers_to_remove": ["server"],
    }
    return {
        "name": CLUSTER,
        "ignore_port_in_host_matching": True,
        "validate_clusters": False,
        "virtual_hosts": [host],
    }


def _only(path: str) -> Json:
    return {"safe_regex": {"regex": path}}


def _to_control(limit_s: int = _ANSWER_S) -> Json:
    return {"cluster": CLUSTER, "timeout": f"{limit_s}s"}


def _set(key: str, value: str) -> Json:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
