"""How things are called inside Envoy, and the types that its JSON configuration speaks of."""

from typing import Any

type_prefix = "type.googleapis.com/envoy."

Json = dict[str, Any]


def release_cluster(site: str, release: str) -> str:
    """Return the cluster that holds the replicas of one release at one site."""
    return f"{site}/{release}"


def fallback_cluster(site: str, first: str, second: str) -> str:
    """Return the cluster that sends to `first`, and to `second` when `first` has no healthy replica."""
    return f"{site}/{first}-else-{second}"


def lone_cluster(site: str, release: str) -> str:
    """Return the cluster that sends to one release with nothing to fall back to."""
    return f"{site}/{release}-only"


def endpoints_file(cluster: str) -> str:
    """Return the file name that holds the endpoints of a cluster."""
    return f"eds-{cluster.replace('/', '~')}.json"


def port_name(port: int) -> str:
    """Return the one name of the listener, its routes and its statistics on a port."""
    return f"port-{port}"


def port_of(name: str) -> int:
    """Return the port whose listener has this name."""
    return int(name.removeprefix("port-"))


def routes_file(port: int) -> str:
    """Return the file name that holds the routes of a port."""
    return f"rds-{port_name(port)}.json"


def secret_file(name: str) -> str:
    """Return the file name that says where a secret is."""
    return f"sds-{name}.json"


def typed(name: str, kind: str, **settings: Any) -> Json:
    """Return a named extension of Envoy; `kind` is its type without the common prefix."""
    return {"name": name, "typed_config": {"@type": type_prefix + kind, **settings}}
