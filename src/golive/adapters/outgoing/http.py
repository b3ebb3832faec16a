"""One POST to an address that a person typed in: five seconds a wait, ten in all, no redirects, 64 KiB of answer."""

import functools
import ssl
import time
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpcore

from golive.adapters.outgoing.network import AddressRefused, GuardedNetwork, refuse_private, resolve
from golive.kernel import clock
from golive.kernel.config import settings
from golive.respond.channels.ports import ChannelFailed

WAIT = 5.0
TOTAL = 10.0
LONGEST_ANSWER = 64 * 1024

__all__ = ["AddressRefused", "Answer", "check_host", "check_url", "post", "tls"]


@functools.cache
def tls() -> ssl.SSLContext:
    """Return the client's TLS settings; reading the system's certificates costs 40 ms, so once a process."""
    return ssl.create_default_context()


@dataclass(frozen=True)
class Answer:
    """What the other side said; `body` is at most 64 KiB, `retry_after` the pause it asked for."""

    status: int
    body: bytes
    retry_after: timedelta = timedelta(0)


def check_url(url: str) -> None:
    """Raise ValueError, in words, unless `url` is an http(s) address with a host and no credentials in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ValueError("The address cannot be read.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("The address must start with https:// (or http://) and name a host.")
    if parts.username or parts.password:
        raise ValueError("Credentials in the address would show in logs; use the channel's own settings.")


def check_host(host: str) -> None:
    """Raise ChannelFailed when a name leads to a private address and these are not allowed; for libraries that connect themselves.

    A name that cannot be resolved passes: nobody can connect to it either.
    """
    if settings().allow_private_webhooks:
        return
    try:
        refuse_private(host, resolve(host, 0))
    except AddressRefused as refusal:
        raise _failure(refusal) from refusal
    except httpcore.ConnectError:
        return


def _failure(refusal: AddressRefused) -> ChannelFailed:
    return ChannelFailed(
        f"{refusal}: refused.", hint="GOLIVE_ALLOW_PRIVATE_WEBHOOKS=1 allows private addresses.", final=True
    )


def post(url: str, body: bytes, headers: dict[str, str], *, allow_private: bool | None = None) -> Answer:
    """Send `body` and return the answer when it is a success (2xx).

    Raises ChannelFailed: final for 4xx other than 408, 425 and 429, for redirects and refused addresses. The text names
    the host only, since the path of a webhook is a secret.
    """
    host = urlsplit(url).hostname or "?"
    allowed = settings().allow_private_webhooks if allow_private is None else allow_private
    network = GuardedNetwork(allow_private=allowed, deadline=time.monotonic() + TOTAL)
    limits = {"connect": WAIT, "read": WAIT, "write": WAIT, "pool": WAIT}
    try:
        with httpcore.ConnectionPool(ssl_context=tls(), network_backend=network) as pool:
            answer = _exchange(pool, url, body, headers, limits)
    except AddressRefused as refusal:
        raise _failure(refusal) from refusal
    except httpcore.TimeoutException as error:
        raise ChannelFailed(f"{host} did not answer in time.") from error
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
        ssl.SSLError,
    ) as error:
        raise ChannelFailed(f"{host} cannot be reached: {type(error).__name__}.") from error
    return _judge(answer, host)


def _exchange(
    pool: httpcore.ConnectionPool,
    url: str,
    body: bytes,
    headers: dict[str, str],
    limits: dict[str, float],
) -> Answer:
    sent: list[tuple[bytes | str, bytes | str]] = [("user-agent", "golive"), *headers.items()]
    with pool.stream(
        "POST",
        url,
        headers=sent,
        content=body,
        extensions={"timeout": limits},
    ) as response:
        kept = b""
        for chunk in response.iter_stream():
            kept += chunk
            if len(kept) >= LONGEST_ANSWER:
                break
        wish = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        return Answer(response.status, kept[:LONGEST_ANSWER], _retry_after(wish.decode("latin-1")))


def _retry_after(text: str) -> timedelta:
    """Return the pause that a server asks for, in seconds or until a date (RFC 9110, 10.2.3); zero when it cannot be read."""
    try:
        return timedelta(seconds=int(text))
    except (ValueError, OverflowError):
        pass
    try:
        return parsedate_to_datetime(text) - clock.now()
    except (ValueError, TypeError):
        return timedelta(0)


def _judge(answer: Answer, host: str) -> Answer:
    if 200 <= answer.status < 300:
        return answer
    if 300 <= answer.status < 400:
        raise ChannelFailed(
            f"{host} answered with a redirect ({answer.status}), which is not followed.",
            hint="Set the final address.",
            final=True,
        )
    final = 400 <= answer.status < 500 and answer.status not in {408, 425, 429}
    raise ChannelFailed(f"{host} answered {answer.status}.", final=final, retry_after=answer.retry_after)
