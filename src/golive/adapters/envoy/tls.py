"""TLS of a listener: which certificate for which name, and where it comes from."""

from pathlib import Path

from golive.adapters.envoy.clusters import file_source
from golive.adapters.envoy.names import Json, secret_file, type_prefix, typed

_TLS = "extensions.transport_sockets.tls.v3."


def tls_secret(site: str) -> str:
    """Return the name of a site's certificate."""
    return f"tls-{site.replace('/', '~')}"


def tls_certificate(site: str, chain: Path, key: Path) -> Json:
    """Return the secret that names the copies of a chain and its key."""
    return {
        "@type": type_prefix + _TLS + "Secret",
        "name": tls_secret(site),
        "tls_certificate": {
            "certificate_chain": {"filename": str(chain)},
            "private_key": {"filename": str(key)},
        },
    }


def server_names(domains: tuple[str, ...]) -> Json:
    """Return the match of the names in the TLS greeting; "*" takes whatever is left."""
    return {} if "*" in domains else {"server_names": list(domains)}


def encryption(site: str, directory: Path) -> Json:
    """Return the transport of a site: TLS 1.2 and up, HTTP/2 when the client can."""
    name = tls_secret(site)
    source = {"name": name, "sds_config": file_source(directory / "xds" / secret_file(name))}
    socket = typed(
        "envoy.transport_sockets.tls",
        _TLS + "DownstreamTlsContext",
        common_tls_context={
            "alpn_protocols": ["h2", "http/1.1"],
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificate_sds_secret_configs": [source],
        },
    )
    return {"transport_socket": socket}


def hello_inspector() -> Json:
    """Return the filter that reads the name in the greeting."""
    return typed(
        "envoy.filters.listener.tls_inspector",
        "extensions.filters.listener.tls_inspector.v3.TlsInspector",
    )
