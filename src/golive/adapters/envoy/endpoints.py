"""EDS: which replicas belong to a release, with the names that the access logs repeat."""

from golive.adapters.envoy.names import Json, release_cluster, type_prefix
from golive.ship.traffic.domain import Backend, Replica


def load_assignment(site: str, backend: Backend) -> Json:
    """Return the endpoints of one release; release, replica and site ride along as metadata."""
    return {
        "@type": type_prefix + "config.endpoint.v3.ClusterLoadAssignment",
        "cluster_name": release_cluster(site, backend.release),
        "endpoints": [{"lb_endpoints": [_endpoint(site, backend.release, replica) for replica in backend.replicas]}],
    }


def _endpoint(site: str, release: str, replica: Replica) -> Json:
    address = {"socket_address": {"address": replica.host, "port_value": replica.port}}
    facts = {"site": site, "release": release, "replica": replica.id}
    return {
        "endpoint": {"address": address},
        "metadata": {"filter_metadata": {"golive": facts}},
    }
