"""From the wanted state to the files that Envoy watches."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from golive.adapters.envoy.clusters import site_clusters
from golive.adapters.envoy.door import door_cluster
from golive.adapters.envoy.endpoints import load_assignment
from golive.adapters.envoy.listeners import listener
from golive.adapters.envoy.names import (
    Json,
    endpoints_file,
    release_cluster,
    routes_file,
    secret_file,
)
from golive.adapters.envoy.routes import route_configuration
from golive.adapters.envoy.tls import tls_secret
from golive.adapters.envoy.tracing import CREDENTIAL, collector_cluster, collector_secret
from golive.ship.traffic.domain import EdgeState

CLUSTERS = "cds.json"
LISTENERS = "lds.json"

Files = dict[str, bytes]


def render(state: EdgeState, directory: Path, host: str, salt: str, secrets: Mapping[str, Json]) -> Files:
    """Return every file by name; `secrets` are the certificates by site. The same input gives the same bytes."""
    xds = directory / "xds"
    files = {
        endpoints_file(release_cluster(site.id, backend.release)): document([load_assignment(site.id, backend)])
        for site in state.sites
        for backend in site.backends
    }
    clusters = [cluster for site in state.sites for cluster in site_clusters(site, xds)]
    if state.collector:
        clusters.append(collector_cluster(state.collector, xds))
        files[secret_file(CREDENTIAL)] = document([collector_secret(state.collector)])
    if state.door:
        clusters.append(door_cluster(state.door))
    files[CLUSTERS] = document(clusters)
    files |= {secret_file(tls_secret(site)): document([one]) for site, one in secrets.items()}
    files |= {routes_file(port): render_routes(state, port, salt) for port in state.routed_ports}
    files[LISTENERS] = document([listener(state, host, port, directory) for port in state.ports])
    return files


def render_routes(state: EdgeState, port: int, salt: str) -> bytes:
    """Return the routes file of one port."""
    sites = [site for site in state.sites if site.port == port]
    static = [site for site in state.static_sites if site.port == port]
    redirected = [site for one, site in state.redirects if one == port]
    return document([route_configuration(port, sites, static, redirected, salt)])


def document(resources: list[Json]) -> bytes:
    """Return a discovery document whose version is the digest of its contents."""
    body = json.dumps(resources, sort_keys=True)
    version = hashlib.sha256(body.encode()).hexdigest()[:16]
    return json.dumps({"version_info": version, "resources": resources}).encode()


def version_in(content: bytes) -> str:
    """Return the version a document carries, "" when it is damaged."""
    try:
        return str(json.loads(content)["version_info"])
    except (ValueError, KeyError, TypeError):
        return ""


def union(wanted: bytes, present: bytes | None) -> bytes:
    """Return the document with what `present` has besides, so that nothing in use disappears yet."""
    try:
        old = json.loads(present or b"")["resources"]
    except (ValueError, KeyError, TypeError):
        return wanted
    new = json.loads(wanted)["resources"]
    names = {resource["name"] for resource in new}
    extra = [resource for resource in old if resource["name"] not in names]
    return document([*new, *extra]) if extra else wanted


def overall_version(files: Mapping[str, bytes]) -> str:
    """Return one version for a whole set of files."""
    parts = ",".join(f"{name}={version_in(files[name])}" for name in sorted(files))
    return hashlib.sha256(parts.encode()).hexdigest()[:16]


def version_stat(name: str) -> str:
    """Return the statistic in which Envoy says what version of a file it uses."""
    if name == CLUSTERS:
        return "cluster_manager.cds.version_text"
    if name == LISTENERS:
        return "listener_manager.lds.version_text"
    if name.startswith("rds-"):
        port = name.removeprefix("rds-").removesuffix(".json")
        return f"http.{port}.rds.{port}.version_text"
    if name.startswith("sds-"):
        return f"sds.{name.removeprefix('sds-').removesuffix('.json')}.version_text"
    cluster = name.removeprefix("eds-").removesuffix(".json").replace("~", "/")
    return f"cluster.{cluster}.version_text"
