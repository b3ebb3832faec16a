"""Carries the visitors' traffic by Envoy: `TrafficRouter` on watched files and a private admin socket."""

import secrets
import socket
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from golive.adapters.envoy.access_logs import ATTEMPTS, REQUESTS
from golive.adapters.envoy.admin import Admin, AdminUnreachable
from golive.adapters.envoy.bootstrap import ENVOY_LOG
from golive.adapters.envoy.certificates import CertificateRefused, Certificates
from golive.adapters.envoy.names import port_of, release_cluster, routes_file
from golive.adapters.envoy.render import (
    CLUSTERS,
    LISTENERS,
    Files,
    overall_version,
    render,
    union,
)
from golive.adapters.envoy.tls import tls_certificate
from golive.adapters.envoy.xds import WatchedFiles, damaged
from golive.adapters.files import HeldElsewhere, exclusive, read_file
from golive.kernel.files import replace_file
from golive.ship.traffic.domain import Certificate, EdgeState, Site, Split
from golive.ship.traffic.ports import Applied, EdgeRefused, UnknownSite

_STATE = TypeAdapter(EdgeState)
_LOGS_KEPT = 3
_CHANGES = 4  # that one `apply` may wait for, and one more


class EnvoyRouter:
    """The edge in `directory`: watched files in `xds/`, logs, the socket and the state applied last.

    It listens on the address `host`; `limit_s` is how long Envoy may take over a change.
    """

    def __init__(self, directory: Path, *, host: str = "127.0.0.1", limit_s: float = 5.0) -> None:
        directory = directory.resolve()
        self._directory = directory
        self._host = host
        self._limit_s = limit_s
        self._admin = Admin(directory)
        self._files = WatchedFiles(directory, self._admin)
        self._certificates = Certificates(directory)
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def apply(self, state: EdgeState) -> Applied:
        with self._locked():
            return self._apply(state)

    def set_split(self, site_id: str, split: Split) -> Applied:
        with self._locked():
            state = self.current()
            site = state.site(site_id)
            if site is None:
                raise UnknownSite(f"site {site_id} was never applied")
            try:
                wanted = state.with_site(site.with_split(split))
            except ValueError as error:
                raise UnknownSite(str(error)) from error
            files = self._render(wanted)
            present = self._files.read()
            routes = routes_file(site.port)
            if routes not in files or any(present.get(name) != files[name] for name in files if name != routes):
                return self._apply(wanted)
            changed = self._files.put({routes: files[routes]})
            self._remember(wanted)
            return Applied(overall_version(files), changed)

    def current(self) -> EdgeState:
        content = read_file(self._directory / "state.json")
        if content is None:
            return EdgeState()
        try:
            return _STATE.validate_json(content)
        except ValidationError as error:
            raise EdgeRefused(f"the edge's state.json is damaged: {error}") from error

    def counters(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for name, value in self._numbers(r"^cluster\..*\.upstream_rq_total$").items():
            cluster = name.removeprefix("cluster.").removesuffix(".upstream_rq_total")
            site, _, release = cluster.rpartition("/")
            if site and not release.endswith("-only") and "-else-" not in release:
                found.setdefault(site, {})[release] = value
        return found

    def in_flight(self, site_id: str, release: str) -> int:
        name = f"cluster.{release_cluster(site_id, release)}.upstream_rq_active"
        return self._numbers(f"^{name}$").get(name, 0)

    def can_listen(self, port: int) -> bool:
        return (port in self.current().ports and port not in self.shut_ports()) or self._is_free(port)

    def shut_ports(self) -> set[int]:
        try:
            return self._without_listener() if self._admin.ready() else set()
        except AdminUnreachable:  # it has just died
            return set()

    def check(self, site: Site) -> None:
        try:
            self._certificates.check(site)
        except CertificateRefused as refusal:
            raise EdgeRefused(
                f"The certificate of {site.id} cannot be used: {refusal}.",
                hint="See `tls` of the environment in golive.toml; other files serve as soon as they are there.",
            ) from refusal

    def certificates(self) -> dict[str, Certificate]:
        return self._certificates.facts()

    def ready(self) -> bool:
        return self._admin.ready()

    def confirm(self, version: str, *, limit_s: float = 5.0) -> None:
        mark = self._files.log_end()
        files = self._files.read()
        if overall_version(files) != version:
            raise EdgeRefused(f"version {version} is no longer the wanted one")
        self._files.wait(files, limit_s, log_mark=mark)

    def rotate_logs(self, max_bytes: int) -> tuple[str, ...]:
        rotated = []
        logs = [self._directory / name for name in (REQUESTS, ATTEMPTS, ENVOY_LOG)]
        with self._locked():
            for log in logs:
                if log.exists() and log.stat().st_size > max_bytes:
                    _shift(log)
                    rotated.append(log.name)
            # Missing ones too: an Envoy that did not hear of it writes on into the renamed file, without end.
            if not all(log.exists() for log in logs):
                # An Envoy that starts later opens new files anyway.
                with suppress(AdminUnreachable):
                    self._admin.reopen_logs()
        return tuple(rotated)

    def _apply(self, state: EdgeState) -> Applied:
        present, ready = self._files.read(), self._admin.ready()
        if ready and present:
            files, changed = self._change(state, present)
        else:
            files = self._render(state)
            changed = self._files.put(files)
            self._files.remove(present.keys() - files.keys())
        if ready and not present:
            self._start_anew()
        self._remember(state)
        self._certificates.prune({one.digest for one in self.certificates().values()})
        return Applied(overall_version(files), changed)

    def _change(self, state: EdgeState, present: Files) -> tuple[Files, tuple[str, ...]]:
        """Bring a running Envoy to the state, without the ports that others took while none ran."""
        shut = self.shut_ports()
        files = self._render(state, without={port for port in shut if not self._is_free(port)})
        try:
            return files, self._bring(files, present, again=bool(shut))
        except EdgeRefused:
            # Envoy still serves what was there; its next start must find the same.
            self._files.put({n: c for n, c in present.items() if not damaged(c)})
            self._files.remove(files.keys() - present.keys())
            raise

    def _start_anew(self) -> None:
        """End an Envoy whose folder was deleted: it watches the one that is gone, and would never hear of a pull."""
        with suppress(AdminUnreachable):
            self._admin.quit()

    def _without_listener(self) -> set[int]:
        """Return the ports of the state applied last that a running Envoy did not get."""
        ports = set(self._certificates.served(self._applied()).ports)
        return ports - {port_of(name) for name in self._admin.listeners()}

    def _is_free(self, port: int) -> bool:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._host, port))
            except OSError:
                return False
        return True

    def _bring(self, files: Files, present: Files, *, again: bool) -> tuple[str, ...]:
        """Add before anything refers to it, and take away only after nothing does.

        `again`: Envoy may have read these listeners while one of their ports was taken.
        """
        both = union(files[CLUSTERS], present.get(CLUSTERS))
        secrets = {n: c for n, c in files.items() if n.startswith("sds-")}
        changed = self._files.put(secrets)
        clusters = {n: c for n, c in files.items() if n.startswith("eds-")} | {CLUSTERS: both}
        routes = {n: c for n, c in files.items() if n.startswith("rds-")}
        changed += self._files.put_and_wait(clusters, self._limit_s)
        routes |= {LISTENERS: files[LISTENERS]}
        if again and files[LISTENERS] == present.get(LISTENERS):
            self._files.put_again(LISTENERS)
        changed += self._files.put_and_wait(routes | secrets, self._limit_s)
        if both != files[CLUSTERS]:
            changed += self._files.put_and_wait({CLUSTERS: files[CLUSTERS]}, self._limit_s)
        self._files.remove(present.keys() - files.keys())
        return tuple(dict.fromkeys(changed))

    def _render(self, state: EdgeState, *, without: Collection[int] = ()) -> Files:
        """Return the files for a state `without` some of its ports, whose certificates are chosen all the same."""
        chosen, digests = self._certificates.choose(state)
        served = chosen.without(without)
        ids = {site.id for site in served.sites} | ({served.door.id} if served.door else set())
        secrets = {
            site: tls_certificate(site, *self._certificates.paths(digest))
            for site, digest in digests.items()
            if site in ids
        }
        return render(served, self._directory, self._host, self._salt(), secrets)

    def _applied(self) -> EdgeState:
        """Return what `current` does, empty when that cannot be read: an `apply` repairs it."""
        try:
            return self.current()
        except EdgeRefused:
            return EdgeState()

    def _remember(self, state: EdgeState) -> None:
        replace_file(self._directory / "state.json", _STATE.dump_json(state))

    def _salt(self) -> str:
        path = self._directory / "salt"
        content = read_file(path)
        if content is None:
            content = secrets.token_hex(16).encode()
            replace_file(path, content)
        return content.decode()

    def _numbers(self, pattern: str) -> dict[str, int]:
        try:
            return self._admin.numbers(pattern)
        except AdminUnreachable:
            return {}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with ExitStack() as stack:
            try:
                stack.enter_context(exclusive(self._directory / ".lock", limit_s=_CHANGES * self._limit_s))
            except HeldElsewhere:
                raise EdgeRefused(
                    f"Another process of golive has had the edge's files in hand for {_CHANGES * self._limit_s:g} s.",
                    hint="It hangs: `golive down`, then `golive up`. What is served is served meanwhile.",
                ) from None
            yield


def _shift(log: Path) -> None:
    """Move `x` to `x.1`, `x.1` to `x.2` and so on; a reader that holds the file reads on to its end."""
    for age in range(_LOGS_KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{age}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{age + 1}"))
    log.replace(log.with_name(f"{log.name}.1"))
