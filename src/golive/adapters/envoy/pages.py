"""What the edge answers by itself: maintenance, "nothing here yet", and static pages."""

import base64
import html
import ipaddress
import re
from pathlib import Path

from golive.adapters.envoy.names import Json
from golive.adapters.files import read_file
from golive.ship.traffic.domain import Maintenance, Site, StaticSite

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">
<title>{title}</title><style>
body{{font:1rem/1.5 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;color:#1d2028;background:#fafaf7;margin:0;
min-height:100vh;min-height:100dvh;display:grid;place-items:center}}main{{max-width:30rem;padding:2rem 1.5rem 6rem}}
h1{{font-size:1.75rem;line-height:1.15;letter-spacing:-.018em;margin:0 0 .75rem;text-wrap:balance}}
p{{margin:0;color:#454954;text-wrap:pretty}}small{{display:block;margin-top:1.5rem;color:#696d78}}
@media(prefers-color-scheme:dark){{body{{color:#eeeeea;background:#101317}}p{{color:#b6bac2}}small{{color:#979ba5}}}}
</style></head><body><main><h1>{title}</h1><p>{message}</p><small>{note}</small></main></body></html>
"""


def maintenance_route(maintenance: Maintenance) -> Json:
    """Return the answer to everyone while a site is closed on purpose."""
    page = _PAGE.format(title="Back soon", message=html.escape(maintenance.message), note="Try again in a few minutes.")
    return _answer("maintenance", {"prefix": "/"}, 503, page.encode(), maintenance.retry_after_s)


def empty_route() -> Json:
    """Return the answer of a site that nothing serves yet."""
    page = _PAGE.format(
        title="Nothing here yet",
        message="This site has no release so far.",
        note="Its first one appears here by itself.",
    )
    return _answer("empty", {"prefix": "/"}, 503, page.encode(), 30)


def static_routes(site: StaticSite) -> list[Json]:
    """Return one route per page, with its contents in it: no file is needed to serve it later.

    A page that is not written yet answers 503: it must not keep other sites from being served.
    """
    routes = []
    for page in site.pages:
        match = {"path": page.path}
        content = read_file(Path(page.file))
        if content is None:
            routes.append(_answer("static", match, 503, b"This page is not written yet.", 30))
            continue
        route = _answer("static", match, 200, content, None)
        route["response_headers_to_add"] = [_header("content-type", page.content_type)]
        routes.append(route)
    return routes


def to_tls(site: Site) -> Json:
    """Return the answer at a site's plain port: come again by TLS, with the same method."""
    redirect = {"https_redirect": True, "response_code": "PERMANENT_REDIRECT"}
    return {
        "name": "to-tls",
        "match": {"prefix": "/"},
        "redirect": {**redirect, "port_redirect": site.port},
    }


def from_addresses(allow: tuple[str, ...]) -> Json:
    """Return a matcher of the client's address, as far as it is believed, against addresses and IPv4 networks."""
    patterns = "|".join(_pattern(entry) for entry in allow)
    return {
        "name": "x-envoy-external-address",
        "string_match": {"safe_regex": {"regex": patterns}},
    }


def _pattern(entry: str) -> str:
    network = ipaddress.ip_network(entry, strict=False)
    if network.num_addresses == 1:
        return re.escape(str(network.network_address))
    pairs = zip(network.network_address.packed, network.broadcast_address.packed, strict=True)
    return r"\.".join(_octet(low, high) for low, high in pairs)


def _octet(low: int, high: int) -> str:
    if (low, high) == (0, 255):
        return "[0-9]+"
    return "(?:" + "|".join(str(value) for value in range(low, high + 1)) + ")"


def _answer(kind: str, match: Json, status: int, body: bytes, retry_after_s: int | None) -> Json:
    headers = [_header("content-type", "text/html; charset=utf-8")]
    if retry_after_s is not None:
        headers += [
            _header("retry-after", str(retry_after_s)),
            _header("cache-control", "no-store"),
        ]
    encoded = base64.b64encode(body).decode()
    return {
        "name": kind,
        "match": match,
        "direct_response": {"status": status, "body": {"inline_bytes": encoded}},
        "response_headers_to_add": headers,
    }


def _header(key: str, value: str) -> Json:
    return {
        "header": {"key": key, "value": value},
        "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    }
