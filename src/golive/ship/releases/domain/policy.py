"""What the owner's golive.toml means for a release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from golive.ship.releases.domain.plan import Step
from golive.ship.services.domain.manifest import STAGING, Environment, Manifest


@dataclass(frozen=True)
class Policy:
    """Shares are 0..1, times are seconds. `watch` counts from 100 % on; `edge` are settings of the site.

    `startup`: how long it may take to answer once its port is open; no time at all where `ready` has said that it can.
    """

    steps: tuple[Step, ...]
    owners_steps: bool
    blue_green: bool
    ask_when_inconclusive: bool
    hold_back: float
    watch: tuple[float, float, float]
    approvals: int
    approvals_expire: float
    author_may_approve: bool
    probes: tuple[str, ...]
    warm: tuple[str, ...]
    staging_probes: tuple[str, ...]
    startup: float
    slo_error: float
    slo_ms: float
    host: str
    staging_host: str
    edge: dict[str, Any]
    staging_edge: dict[str, Any]


def policy(manifest: Manifest, environment: str) -> Policy:
    """Return the policy of a release of `manifest` on its way to `environment`."""
    place = manifest.environment(environment)
    steps = tuple(Step(one.fraction, one.at_least.total_seconds(), one.at_most.total_seconds()) for one in place.plan)
    # A plan that says 100 % by itself, as the only step, wants nobody held back.
    hold_back = 0.0 if place.strategy == "bluegreen" else place.hold_back / 100
    return Policy(
        steps=steps,
        owners_steps=place.steps is not None,
        blue_green=place.strategy == "bluegreen",
        ask_when_inconclusive=place.on_inconclusive == "ask",
        hold_back=hold_back,
        watch=tuple(length.total_seconds() for length in place.watch),  # type: ignore[arg-type]
        approvals=place.approvals,
        approvals_expire=place.approvals_expire.total_seconds(),
        author_may_approve=place.author_may_approve,
        probes=place.probes,
        warm=_once(manifest, place.probes),
        staging_probes=_once(manifest, manifest.environment(STAGING).probes),
        startup=0.0 if manifest.health.ready else manifest.health.timeout.total_seconds(),
        slo_error=place.slo.errors / 100,
        slo_ms=place.slo.slow.total_seconds() * 1000,
        host=_host(manifest, environment),
        staging_host=_host(manifest, STAGING),
        edge=_edge(manifest, environment),
        staging_edge=_edge(manifest, STAGING),
    )


def _once(manifest: Manifest, probes: tuple[str, ...]) -> tuple[str, ...]:
    ready = manifest.health.ready
    return tuple(dict.fromkeys([*((ready,) if ready else ()), *probes]))


def _host(manifest: Manifest, environment: str) -> str:
    """The Host header by which golive asks: the first real name, "localhost" where any will do."""
    names = [name for name in manifest.environment(environment).domains if "*" not in name]
    return names[0] if names else "localhost"


def _edge(manifest: Manifest, environment: str) -> dict[str, Any]:
    return _settings(manifest.environment(environment))


def changed_keys(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of golive.toml by which settings of a site differ; those of no release are the defaults."""
    known = {**_settings(Environment()), **before}
    return tuple(_KEYS.get(name, name) for name, value in now.items() if value != known.get(name))


_KEYS = {
    "rate_limit_per_minute": "rate_limit",
    "route_timeout_s": "timeout",
    "try_timeout_s": "per_try_timeout",
    "max_body_bytes": "max_body",
    "trace_percent": "traces",
}


def _settings(place: Environment) -> dict[str, Any]:
    return {
        "domains": list(place.domains),
        "security_headers": place.security_headers,
        "csp": place.csp,
        "rate_limit_per_minute": place.rate_limit,
        "route_timeout_s": place.timeout.total_seconds(),
        "try_timeout_s": place.try_limit.total_seconds(),
        "max_body_bytes": place.max_body * 1024 * 1024,
        "trace_percent": place.traces,
        "tls": place.tls.model_dump() if place.tls else None,
        "slow_routes": [
            {
                "prefix": one.prefix,
                "route_timeout_s": one.timeout.total_seconds(),
                "try_timeout_s": one.per_try_timeout.total_seconds(),
            }
            for one in place.slow_routes
        ],
    }
