"""Certificates of sites: read, judged in words, and kept as private copies from which alone Envoy serves.

A renewed pair of files is taken at the next `choose`; one that is broken, expired, not yet valid, of another key or
for other names is not, and the copy before it goes on serving. The copies are named by what is in them, so Envoy sees
a new name and reloads without closing a connection.
"""

import hashlib
import json
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from golive.adapters.files import read_file
from golive.kernel import clock
from golive.kernel.files import replace_file
from golive.ship.traffic.domain import Certificate, EdgeState, Site, Tls

_FACTS = "certificates.json"
_LEAST_RSA_BITS = 2048
_CURVES = ("secp256r1", "secp384r1", "secp521r1")  # that Envoy takes


class CertificateRefused(Exception):  # noqa: N818  an answer in words, handled by every caller
    """A pair of files that must not serve; the message says why."""


@dataclass(frozen=True)
class Pair:
    """A certificate chain and its key, PEM."""

    chain: bytes
    key: bytes
    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.chain + self.key).hexdigest()[:16]


def read_pair(tls: Tls) -> Pair:
    """Return the pair of files. Raises CertificateRefused."""
    chain = _content(tls.certificate, "certificate")
    key = _content(tls.key, "key")
    if stat.S_IMODE(os.stat(tls.key).st_mode) & stat.S_IROTH:
        raise CertificateRefused(f"everybody on this machine can read the key {tls.key}")
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except ValueError as error:
        raise CertificateRefused(f"{tls.certificate} holds no PEM certificate") from error
    _check_key(leaf, key, tls)
    return Pair(chain, key, _names(leaf), leaf.not_valid_before_utc, leaf.not_valid_after_utc)


def _content(path: str, what: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CertificateRefused(f"the {what} {path} cannot be read: {error.strerror}") from error


def _check_key(leaf: x509.Certificate, pem: bytes, tls: Tls) -> None:
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise CertificateRefused(f"the key {tls.key} needs a passphrase") from error
    except ValueError as error:  # its words may repeat what is in the file
        raise CertificateRefused(f"{tls.key} holds no PEM private key") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CertificateRefused(f"the key {tls.key} is neither RSA nor of an elliptic curve")
    if key.key_size < _LEAST_RSA_BITS and isinstance(key, rsa.RSAPrivateKey):
        raise CertificateRefused(f"the key {tls.key} has fewer than {_LEAST_RSA_BITS} bits")
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in _CURVES:
        raise CertificateRefused(f"the key {tls.key} is of the curve {key.curve.name}, not of P-256, P-384 or P-521")
    shape = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*shape) != leaf.public_key().public_bytes(*shape):
        raise CertificateRefused(f"the key {tls.key} does not belong to {tls.certificate}")


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in names.get_values_for_type(x509.DNSName))


def check(pair: Pair, tls: Tls, domains: tuple[str, ...], now: datetime) -> None:
    """Raise CertificateRefused unless the pair may begin to serve these domains now."""
    if now >= pair.not_after:
        raise CertificateRefused(f"{tls.certificate} expired on {pair.not_after:%Y-%m-%d}")
    if now < pair.not_before:
        raise CertificateRefused(f"{tls.certificate} is valid only from {pair.not_before:%Y-%m-%d %H:%M} UTC on")
    missing = [name for name in domains if name != "*" and not _covers(pair.names, name)]
    if missing:
        for_ = ", ".join(pair.names[:5]) or "no name at all"
        raise CertificateRefused(f"{tls.certificate} is for {for_}, not for {', '.join(missing)}")


def _covers(names: tuple[str, ...], domain: str) -> bool:
    """A wildcard stands for one label (RFC 6125, section 6.4.3)."""
    return any(fnmatchcase(domain, name) and name.count(".") == domain.count(".") for name in names)


def _encrypted_by(having: Collection[str], state: EdgeState) -> EdgeState:
    """Return the state without the sites that need a certificate and are not among those `having` one."""
    sites = tuple(site for site in state.sites if not site.tls or site.id in having)
    return replace(state, sites=sites, door=state.door if state.door and state.door.id in having else None)


class Certificates:
    """The copies below `directory`, one pair per site in use, readable by their owner alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "certificates"
        self._read: dict[Tls, tuple[object, Pair]] = {}

    def check(self, site: Site) -> None:
        """Raise CertificateRefused unless the site's files may serve; no files are asked of a site without TLS."""
        if site.tls:
            check(self._pair(site.tls), site.tls, site.domains, clock.now())

    def facts(self) -> dict[str, Certificate]:
        """Return by site what serves, or why nothing does."""
        found = json.loads(read_file(self._directory / _FACTS) or b"{}")
        return {
            site: Certificate(
                tuple(one["names"]),
                datetime.fromisoformat(one["not_after"]) if one["not_after"] else None,
                one["refused"],
                one["digest"],
            )
            for site, one in found.items()
        }

    def choose(self, state: EdgeState) -> tuple[EdgeState, dict[str, str]]:
        """Return the state without sites that have nothing to serve with, and the digest of each other TLS site.

        Renewed files are copied; what was refused, and why, is in `facts` from now on.
        """
        before = self.facts()
        asked = [(site.id, site.tls, site.domains) for site in state.sites if site.tls]
        if state.door:
            asked.append((state.door.id, state.door.tls, (state.door.domain,)))
        chosen = {one: self._chosen(tls, names, before.get(one)) for one, tls, names in asked}
        if chosen != before:
            self._remember(chosen)
        digests = {site: one.digest for site, one in chosen.items() if one.digest}
        return _encrypted_by(digests, state), digests

    def served(self, state: EdgeState) -> EdgeState:
        """Return a state that was chosen for, without the sites that had nothing to serve with."""
        return _encrypted_by({site for site, one in self.facts().items() if one.digest}, state)

    def paths(self, digest: str) -> tuple[Path, Path]:
        """Return the copies of chain and key."""
        return self._directory / f"{digest}.crt", self._directory / f"{digest}.key"

    def prune(self, digests: set[str]) -> None:
        """Delete the copies that nothing uses any more."""
        for path in self._directory.glob("*.*"):
            if path.suffix in {".crt", ".key"} and path.stem not in digests:
                path.unlink(missing_ok=True)

    def _chosen(self, tls: Tls, domains: tuple[str, ...], old: Certificate | None) -> Certificate:
        if old and not all(path.exists() for path in self.paths(old.digest)):
            old = None
        try:
            pair = self._pair(tls)
            if old is None or pair.digest != old.digest:
                check(pair, tls, domains, clock.now())
                self._copy(pair)
        except CertificateRefused as refusal:
            return replace(old or Certificate((), None), refused=str(refusal))
        return Certificate(pair.names, pair.not_after, "", pair.digest)

    def _pair(self, tls: Tls) -> Pair:
        """Checking a key takes longer than a change of the split may: files that did not change are not read again."""
        try:
            marks = [os.stat(path) for path in (tls.certificate, tls.key)]
            seen = [(mark.st_mtime_ns, mark.st_size, mark.st_ino, mark.st_mode) for mark in marks]
        except OSError:
            return read_pair(tls)
        if tls not in self._read or self._read[tls][0] != seen:
            self._read[tls] = (seen, read_pair(tls))
        return self._read[tls][1]

    def _copy(self, pair: Pair) -> None:
        self._directory.mkdir(exist_ok=True, mode=0o700)
        chain, key = self.paths(pair.digest)
        replace_file(key, pair.key)
        replace_file(chain, pair.chain)

    def _remember(self, chosen: dict[str, Certificate]) -> None:
        self._directory.mkdir(exist_ok=True, mode=0o700)
        facts = {
            site: {
                "names": one.names,
                "not_after": one.not_after.isoformat() if one.not_after else "",
                "refused": one.refused,
                "digest": one.digest,
            }
            for site, one in chosen.items()
        }
        replace_file(self._directory / _FACTS, json.dumps(facts).encode())
