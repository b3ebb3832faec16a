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
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{font:1.1rem/1.6 system-ui,sans-serif;color:#1f2933;background:#f7f8fa;margin:0;
min-height:100vh;display:grid;place-items:center}}main{{max-width:34rem;padding:2rem}}
h1{{font-size:1.6rem;margin:0 0 .5rem}}
@media(prefers-color-scheme:dark){{body{{color:#e4e7eb;background:#14181d}}}}
</style></head><body><main><h1>{title}</h1><p>{message}</p></main></body></html>
"""


def maintenance_route(maintenance: Maintenance) -> Json:
    """Return the answer to everyone while a site is closed on purpose."""
    page = _PAGE.format(title="Back soon", message=html.escape(maintenance.message))
    return _answer("maintenance", {"prefix": "/"}, 503, page.encode(), maintenance.retry_after_s)


def empty_route() -> Json:
    """Return the answer of a site that nothing serves yet."""
    page = _PAGE.format(title="Nothing here yet", message="This site has no release so far.")
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
