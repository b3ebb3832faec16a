"""A typed description of everything the edge must do; pure values, no machinery."""

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SITE_ID = re.compile(r"[a-z][a-z0-9-]{0,39}(/[a-z][a-z0-9-]{0,39})?")
RELEASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
EXPIRES_SOON = timedelta(days=21)
REPLACE = "Put a certificate and key there that fit; they are taken within seconds."
REPLICA_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


def who_has(port: int) -> str:
    """Say how a person learns which program has a port."""
    return f"`ss -ltnp 'sport = :{port}'` names it"


def _check(pattern: re.Pattern[str], value: str, what: str) -> None:
    if not pattern.fullmatch(value):
        raise ValueError(f"{value!r} is no {what}")


@dataclass(frozen=True)
class Replica:
    """One running process of a release; `host` is an address, never a name to resolve."""

    id: str
    host: str
    port: int

    def __post_init__(self) -> None:
        _check(REPLICA_ID, self.id, "replica id")


@dataclass(frozen=True)
class Backend:
    """The replicas of one release at one site."""

    release: str
    replicas: tuple[Replica, ...]

    def __post_init__(self) -> None:
        _check(RELEASE_ID, self.release, "release id")


@dataclass(frozen=True)
class Split:
    """Who serves: `share` (0..1) of the visitors is on `new`, the others on `old`.

    A visitor stays where they are while the share only grows. With one side missing the other
    serves everyone. With both present each side takes over when the other has no healthy replica.
    """

    new: str | None
    old: str | None
    share: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"share {self.share} is not between 0 and 1")
        if self.new is None and self.old is None:
            raise ValueError("a split needs at least one release")
        if self.new == self.old:
            raise ValueError("new and old are the same release")

    @classmethod
    def only(cls, release: str) -> "Split":
        """Everyone on one release: the calm state between two releases."""
        return cls(new=None, old=release, share=0.0)

    @property
    def releases(self) -> tuple[str, ...]:
        """The releases that may serve, new first."""
        return tuple(release for release in (self.new, self.old) if release is not None)


@dataclass(frozen=True)
class Maintenance:
    """Answer 503 with a page to everyone but `allow` (addresses, or IPv4 networks in CIDR form)."""

    message: str = "We are doing planned maintenance and will be back shortly."
    retry_after_s: int = 300
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for entry in self.allow:
            network = ipaddress.ip_network(entry, strict=False)
            if network.version == 6 and network.num_addresses > 1:
                raise ValueError(f"{entry}: only single IPv6 addresses can be allowed")


@dataclass(frozen=True)
class SlowRoute:
    """Other time limits (seconds) for the paths under `prefix`; 0 means none."""

    prefix: str
    route_timeout_s: float = 600.0
    try_timeout_s: float = 0.0

    def __post_init__(self) -> None:
        if not self.prefix.startswith("/"):
            raise ValueError(f"prefix {self.prefix!r} does not start with /")


@dataclass(frozen=True)
class Cors:
    """Which foreign origins may call (exact origins like `https://app.example`)."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    headers: tuple[str, ...] = ("content-type", "authorization")
    credentials: bool = False
    max_age_s: int = 600


@dataclass(frozen=True)
class Tls:
    """Paths of a PEM chain and its key; they are read when the state is applied, and again when they changed.

    `redirect_from` is a port whose visitors are sent to the one with TLS.
    """

    certificate: str
    key: str
    redirect_from: int | None = None


@dataclass(frozen=True)
class Certificate:
    """What a site serves TLS with until `not_after`; `refused` says why newer files are not used, or none are."""

    names: tuple[str, ...]
    not_after: datetime | None
    refused: str = ""
    digest: str = ""

    def warning(self, now: datetime) -> str:
        """Return what a person has to do something about, "" when nothing."""
        if self.not_after is None:
            return f"Nothing is served: {self.refused}. {REPLACE}"
        left = self.not_after - now
        words = []
        if left <= timedelta(0):
            words.append(f"The certificate expired on {self.not_after:%Y-%m-%d}.")
        elif left < EXPIRES_SOON:
            words.append(f"The certificate expires in {plural(left.days, 'day')}.")
        if self.refused:
            words.append(
                f"Newer files are not used: {self.refused}. Until then the one before goes on serving. {REPLACE}"
            )
        return " ".join(words)


def plural(count: int, what: str) -> str:
    """Return "1 day", "2 days"."""
    return f"{count} {what}{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class Site:
    """A service in an environment as visitors see it; `id` is "service/environment".

    `domains` are host names without port ("*" for any). `split` None means that nothing serves yet:
    visitors get 503. `csp` is sent only when given, since a wrong policy breaks pages. `trace_percent` of
    the requests (0..100) begin a recorded trace, when the edge has a collector.
    """

    id: str
    port: int
    backends: tuple[Backend, ...] = ()
    split: Split | None = None
    domains: tuple[str, ...] = ("*",)
    maintenance: Maintenance | None = None
    security_headers: bool = True
    csp: str | None = None
    rate_limit_per_minute: int | None = None
    route_timeout_s: float = 60.0
    try_timeout_s: float = 15.0
    slow_routes: tuple[SlowRoute, ...] = ()
    max_body_bytes: int = 10 * 1024 * 1024
    cors: Cors | None = None
    compression: bool = True
    trace_percent: float = 100.0
    tls: Tls | None = None

    def __post_init__(self) -> None:
        _check(SITE_ID, self.id, "site id")
        if not 0.0 <= self.trace_percent <= 100.0:
            raise ValueError(f"{self.trace_percent} percent of traces is not between 0 and 100")
        if self.csp is not None and not self.csp.isprintable():
            raise ValueError("the policy has characters that no header may have")
        known = {backend.release for backend in self.backends}
        missing = [r for r in (self.split.releases if self.split else ()) if r not in known]
        if missing:
            raise ValueError(f"site {self.id} has no backend for {', '.join(missing)}")

    def with_split(self, split: Split | None) -> "Site":
        """Return the site with another split."""
        return replace(self, split=split)


@dataclass(frozen=True)
class StaticPage:
    """One file the edge answers with; it is read when the state is applied."""

    path: str
    file: str
    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True)
class StaticSite:
    """Pages that the edge serves itself, with no process behind it: they outlive golive."""

    id: str
    port: int
    pages: tuple[StaticPage, ...]
    domains: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        _check(SITE_ID, self.id, "site id")


@dataclass(frozen=True)
class Collector:
    """Where the edge sends its spans: OTLP over HTTP on this machine, with the Bearer token in a file."""

    port: int
    token_file: str


@dataclass(frozen=True)
class Door:
    """The few pages of the control room that the edge shows to the world, by TLS, under one name."""

    domain: str
    port: int
    tls: Tls
    upstream_host: str
    upstream_port: int
    id: str = "golive"


@dataclass(frozen=True)
class EdgeState:
    """All that the edge serves. `trusted_proxies` are CIDR ranges whose X-Forwarded-For is believed."""

    sites: tuple[Site, ...] = ()
    static_sites: tuple[StaticSite, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    collector: Collector | None = None
    door: Door | None = None

    def __post_init__(self) -> None:
        for cidr in self.trusted_proxies:
            ipaddress.ip_network(cidr, strict=False)
        everyone: tuple[Site | StaticSite, ...] = (*self.sites, *self.static_sites)
        if len({site.id for site in everyone}) != len(everyone):
            raise ValueError("two sites share an id")
        hosts = [(site.port, domain) for site in everyone for domain in site.domains]
        if len(set(hosts)) != len(hosts):
            raise ValueError("two sites share a port and a domain")
        encrypted = {site.port for site in self.sites if site.tls}
        if self.door:
            if (self.door.port, self.door.domain) in hosts:
                raise ValueError("a site has the name of the control room")
            encrypted |= {self.door.port}
        if encrypted & {site.port for site in everyone if not getattr(site, "tls", None)}:
            raise ValueError("a site with TLS and one without share a port")
        redirects = [(port, domain) for port, site in self.redirects for domain in site.domains]
        if {port for port, _ in redirects} & {site.port for site in everyone}:
            raise ValueError("a site serves at the port from which another redirects")
        if len(set(redirects)) != len(redirects):
            raise ValueError("two sites redirect from the same port and domain")

    @property
    def redirects(self) -> tuple[tuple[int, Site], ...]:
        """The ports from which visitors are sent to TLS, with the site they are sent to."""
        found = ((site.tls.redirect_from, site) for site in self.sites if site.tls)
        return tuple((port, site) for port, site in found if port)

    @property
    def routed_ports(self) -> tuple[int, ...]:
        """The ports of sites and redirects."""
        served = {site.port for site in self.sites} | {site.port for site in self.static_sites}
        return tuple(sorted(served | {port for port, _ in self.redirects}))

    @property
    def ports(self) -> tuple[int, ...]:
        """All ports that the edge listens on."""
        door = {self.door.port} if self.door else set()
        return tuple(sorted(door.union(self.routed_ports)))

    def site(self, site_id: str) -> Site | None:
        """Return the site with this id, if any."""
        return next((site for site in self.sites if site.id == site_id), None)

    def without(self, ports: Collection[int]) -> "EdgeState":
        """Return the state with nothing at these ports; a site from whose redirect alone one is taken stays."""
        if not ports:
            return self
        return replace(
            self,
            sites=tuple(_reached_without(site, ports) for site in self.sites if site.port not in ports),
            static_sites=tuple(site for site in self.static_sites if site.port not in ports),
            door=self.door if self.door and self.door.port not in ports else None,
        )

    def with_site(self, changed: Site) -> "EdgeState":
        """Return the state with one site replaced, or added."""
        if self.site(changed.id) is None:
            return replace(self, sites=(*self.sites, changed))
        return replace(self, sites=tuple(changed if site.id == changed.id else site for site in self.sites))


def _reached_without(site: Site, ports: Collection[int]) -> Site:
    if site.tls and site.tls.redirect_from in ports:
        return replace(site, tls=replace(site.tls, redirect_from=None))
    return site
