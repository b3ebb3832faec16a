"""CDS: one cluster per release, and aggregates that fall back from one release to the other.

Weighted clusters never fail over by themselves: a weight on a dead release would be 503 for that
share. The breakers of the aggregate are the ones that count, so each kind of cluster has its own.
"""

from itertools import permutations
from pathlib import Path

from golive.adapters.envoy.names import (
    Json,
    endpoints_file,
    fallback_cluster,
    lone_cluster,
    release_cluster,
    type_prefix,
    typed,
)
from golive.ship.traffic.domain import Site

_CEILINGS = {"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 8192}

# A dying canary must be rescued in full, so retries away from it are free.
FREE_RETRIES: Json = {"thresholds": [{**_CEILINGS, "max_retries": 8192}]}

# What serves most visitors must not be hit four times as hard in an outage.
BUDGETED_RETRIES: Json = {
    "thresholds": [
        {
            **_CEILINGS,
            "retry_budget": {"budget_percent": {"value": 20}, "min_retry_concurrency": 10},
        }
    ]
}

# TCP only: a readiness page that fails with the database would take down the pages that need none.
HEALTH_CHECKS: list[Json] = [
    {
        "timeout": "0.5s",
        "interval": "1s",
        "no_traffic_interval": "1s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "tcp_health_check": {},
    }
]

# Answers of 5xx are judged elsewhere; here only gateway errors and broken connections eject.
OUTLIERS: Json = {
    "enforcing_consecutive_5xx": 0,
    "enforcing_success_rate": 0,
    "consecutive_gateway_failure": 5,
    "enforcing_consecutive_gateway_failure": 100,
    "split_external_local_origin_errors": True,
    "consecutive_local_origin_failure": 2,
    "enforcing_consecutive_local_origin_failure": 100,
    "enforcing_local_origin_success_rate": 0,
    "interval": "0.5s",
    "base_ejection_time": "5s",
    "max_ejection_time": "30s",
    "max_ejection_percent": 100,
    "successful_active_health_check_uneject_host": False,
}

# Application servers close idle connections after 2 s and more; a write sent into that moment is lost.
HTTP_OPTIONS: Json = {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": type_prefix + "extensions.upstreams.http.v3.HttpProtocolOptions",
        "explicit_http_config": {"http_protocol_options": {}},
        "common_http_protocol_options": {"idle_timeout": "1s"},
    }
}

# With nobody healthy anywhere trying everyone beats refusing everyone; with one healthy it does not.
_PANIC_PERCENT = 1


def site_clusters(site: Site, xds: Path) -> list[Json]:
    """Return all clusters of a site; their endpoints come from files in `xds`.

    Every way between its releases stays while both have replicas: a request in flight looks its cluster up again
    when it is retried, long after the split that sent it.
    """
    releases = [backend.release for backend in site.backends]
    clusters = [_release(site.id, release, xds) for release in releases]
    if site.split is None:
        return clusters
    serving = site.split.old or site.split.new
    clusters += [
        _aggregate(lone_cluster(site.id, release), site.id, (release,), BUDGETED_RETRIES) for release in releases
    ]
    for first, second in permutations(releases, 2):
        breakers = BUDGETED_RETRIES if first == serving else FREE_RETRIES
        name = fallback_cluster(site.id, first, second)
        clusters.append(_aggregate(name, site.id, (first, second), breakers))
    return clusters


def _release(site: str, release: str, xds: Path) -> Json:
    name = release_cluster(site, release)
    return {
        "@type": type_prefix + "config.cluster.v3.Cluster",
        "name": name,
        "type": "EDS",
        "connect_timeout": "0.5s",
        "lb_policy": "ROUND_ROBIN",
        "eds_cluster_config": {"eds_config": file_source(xds / endpoints_file(name))},
        "common_lb_config": {"healthy_panic_threshold": {"value": _PANIC_PERCENT}},
        "ignore_health_on_host_removal": True,
        "close_connections_on_host_health_failure": True,
        "circuit_breakers": FREE_RETRIES,
        "health_checks": HEALTH_CHECKS,
        "outlier_detection": OUTLIERS,
        "typed_extension_protocol_options": HTTP_OPTIONS,
    }


def _aggregate(name: str, site: str, releases: tuple[str, ...], breakers: Json) -> Json:
    return {
        "@type": type_prefix + "config.cluster.v3.Cluster",
        "name": name,
        "connect_timeout": "0.5s",
        "lb_policy": "CLUSTER_PROVIDED",
        "circuit_breakers": breakers,
        "cluster_type": typed(
            "envoy.clusters.aggregate",
            "extensions.clusters.aggregate.v3.ClusterConfig",
            clusters=[release_cluster(site, release) for release in releases],
        ),
    }


def file_source(path: Path) -> Json:
    """Return a configuration source that is re-read whenever `path` is replaced by a rename."""
    return {"resource_api_version": "V3", "path_config_source": {"path": str(path)}}
