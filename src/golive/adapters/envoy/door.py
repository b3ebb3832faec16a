"""The public door of the control room: its login, acknowledgement and release pages, by TLS, and nothing else.

It has no access log and no traces: login links and signed links are secrets that stand in the path.
"""

from golive.adapters.envoy.names import Json, type_prefix, typed
from golive.ship.traffic.domain import Door

CLUSTER = "golive-control"

_WORD = "[A-Za-z0-9_.:=-]+"
_PAGES = (
    "/login",
    f"/login/{_WORD}",
    "/logout",
    f"/ack/{_WORD}",
    "/releases",
    f"/releases/{_WORD}",
    f"/releases/{_WORD}/[a-z-]+",
    r"/static/[A-Za-z0-9_/-]+\.[A-Za-z0-9.]+",
)
_MAX_AGE = "max-age=31536000"


def door_cluster(door: Door) -> Json:
    """Return the cluster of the control room."""
    address = {"socket_address": {"address": door.upstream_host, "port_value": door.upstream_port}}
    return {
        "@type": type_prefix + "config.cluster.v3.Cluster",
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": "0.5s",
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


def _to_control() -> Json:
    return {"cluster": CLUSTER, "timeout": "30s"}


def _set(key: str, value: str) -> Json:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
