"""The HTTP filters of every listener, and the settings that a site gives them.

The chain is the same everywhere and at rest by itself; sites switch it on through their routes, so
that a change of settings never touches a listener.
"""

import math
from pathlib import Path

from golive.adapters.envoy.access_logs import attempts_log
from golive.adapters.envoy.names import Json, type_prefix, typed
from golive.ship.traffic.domain import Cors, Site

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

# A cookie of any other shape is not ours: such a visitor counts as new and gets a fresh one.
VISITOR_COOKIE = f"(?:.*; *)?golive_v=({_UUID})(?:;.*)?"

RATE_LIMIT = "envoy.filters.http.local_ratelimit"
CORS = "envoy.filters.http.cors"
BODY_LIMIT = "envoy.filters.http.buffer"
COMPRESSORS = {"brotli": "Brotli", "gzip": "Gzip"}

_HTTP = "extensions.filters.http."


def filter_chain(directory: Path) -> list[Json]:
    """Return the filters, the router last; its log of attempts goes to `directory`."""
    return [
        typed(RATE_LIMIT, _HTTP + "local_ratelimit.v3.LocalRateLimit", stat_prefix="http_local_rate"),
        typed(CORS, _HTTP + "cors.v3.Cors"),
        _visitor_and_route(),
        {**typed(BODY_LIMIT, _HTTP + "buffer.v3.Buffer", max_request_bytes=1), "disabled": True},
        *(_compressor(library, kind) for library, kind in COMPRESSORS.items()),
        typed(
            "envoy.filters.http.router",
            _HTTP + "router.v3.Router",
            suppress_envoy_headers=True,
            upstream_log=attempts_log(directory),
        ),
    ]


def _visitor_and_route() -> Json:
    visitor = {
        "metadata_namespace": "golive",
        "key": "visitor",
        "type": "STRING",
        "regex_value_rewrite": {"pattern": {"regex": f"^{VISITOR_COOKIE}$"}, "substitution": "\\1"},
    }
    route = {"metadata_namespace": "golive", "key": "route", "type": "STRING"}
    return typed(
        "envoy.filters.http.header_to_metadata",
        _HTTP + "header_to_metadata.v3.Config",
        request_rules=[{"header": "cookie", "on_header_present": visitor}],
        response_rules=[{"header": "x-golive-route", "on_header_present": route, "remove": True}],
    )


def _compressor(library: str, kind: str) -> Json:
    filter_ = typed(
        f"compress-{library}",
        _HTTP + "compressor.v3.Compressor",
        response_direction_config={"common_config": {"min_content_length": 512}},
        compressor_library=typed(library, f"extensions.compression.{library}.compressor.v3.{kind}"),
    )
    return {**filter_, "disabled": True}


def site_settings(site: Site) -> Json:
    """Return what a site switches on, by filter name."""
    settings: Json = {}
    if site.rate_limit_per_minute:
        settings[RATE_LIMIT] = _rate_limit(site.rate_limit_per_minute)
    if site.cors:
        settings[CORS] = _cors(site.cors)
    if site.compression:
        for library in COMPRESSORS:
            settings[f"compress-{library}"] = {
                "@type": type_prefix + _HTTP + "compressor.v3.CompressorPerRoute",
                "overrides": {"response_direction_config": {}},
            }
    return settings


def body_limit(max_bytes: int) -> Json:
    """Return the setting that answers 413 to longer bodies, before they reach a replica; none for 0, no limit."""
    if not max_bytes:
        return {}
    return {
        BODY_LIMIT: {
            "@type": type_prefix + _HTTP + "buffer.v3.BufferPerRoute",
            "buffer": {"max_request_bytes": max_bytes},
        }
    }


def _rate_limit(per_minute: int) -> Json:
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    unlimited = {"max_tokens": 1_000_000, "tokens_per_fill": 1_000_000, "fill_interval": "1s"}
    each = {"max_tokens": per_minute, "tokens_per_fill": per_minute, "fill_interval": "60s"}
    wait = str(math.ceil(60 / per_minute))
    return {
        "@type": type_prefix + _HTTP + "local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "http_local_rate",
        "token_bucket": unlimited,
        "filter_enabled": always,
        "filter_enforced": always,
        "rate_limits": [{"actions": [{"remote_address": {}}]}],
        "descriptors": [{"entries": [{"key": "remote_address"}], "token_bucket": each}],
        "max_dynamic_descriptors": 10_000,
        "response_headers_to_add": [{"header": {"key": "retry-after", "value": wait}}],
    }


def _cors(cors: Cors) -> Json:
    return {
        "@type": type_prefix + _HTTP + "cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in cors.origins],
        "allow_methods": ", ".join(cors.methods),
        "allow_headers": ", ".join(cors.headers),
        "allow_credentials": cors.credentials,
        "max_age": str(cors.max_age_s),
    }
