"""A network backend that looks at the address it is about to connect to, and at the clock.

The name is resolved here and the connection goes to the very address that was checked, so a name that answers
differently the second time (DNS rebinding, CWE-350) gains nothing. TLS still verifies the name.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Local translation (RFC 8215), IPv4-compatible (RFC 4291) and site-local (RFC 3879) addresses: ipaddress takes some for global.
INSIDE = tuple(ipaddress.ip_network(one) for one in ("64:ff9b:1::/48", "::/96", "fec0::/10"))
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(Exception):  # noqa: N818  says what was refused
    """The name leads to an address that golive must not call."""


def is_public(address: Address) -> bool:
    """Say whether an address is on the public internet, looking through IPv4 addresses inside IPv6 ones."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not any(address in network for network in INSIDE)


def refuse_private(host: str, addresses: Iterable[Address]) -> None:
    """Raise AddressRefused, in words, when one of them is not public."""
    private = next((address for address in addresses if not is_public(address)), None)
    if private:
        raise AddressRefused(f"{host} is the private address {private}")


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to public addresses only (unless `allow_private`), everything within `deadline` (monotonic seconds)."""

    def __init__(self, *, allow_private: bool, deadline: float) -> None:
        self._allow_private = allow_private
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = resolve(host, port)
        if not self._allow_private:
            refuse_private(host, addresses)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                stream = self._inner.connect_tcp(
                    str(address),
                    port,
                    _left(self._deadline, timeout),
                    local_address,
                    socket_options,
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            return _HurriedStream(stream, self._deadline)
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        raise AddressRefused(f"{path} is no network address")


class _HurriedStream(httpcore.NetworkStream):
    """A stream whose every wait ends at one deadline: a byte a second does not keep anyone waiting for ever."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(self._deadline, timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline, timeout))
        return _HurriedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline passed")
    return min(left, timeout if timeout is not None else left)


def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a name. Raises httpcore.ConnectError when it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(f"{host} cannot be resolved") from error
    # A zone (fe80::1%eth0) is part of a link-local address only, which is refused anyway.
    return list(dict.fromkeys(ipaddress.ip_address(str(item[4][0]).split("%")[0]) for item in found))
