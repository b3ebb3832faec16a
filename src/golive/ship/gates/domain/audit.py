"""Dependency audits: the JSON of pip-audit and of npm audit.

Both exit with 0 when they audited nothing, so the packages are counted: none is no result.
"""

import json
from dataclasses import dataclass
from typing import Any

from golive.ship.gates.domain.coverage import LARGEST, Unreadable

SEVERITIES = ("low", "moderate", "high", "critical")


@dataclass(frozen=True)
class Finding:
    """A known vulnerability of a package; the severity is "unknown" where the report has none."""

    package: str
    id: str
    severity: str


@dataclass(frozen=True)
class Audit:
    """How many packages were audited, how many were not, and what was found."""

    audited: int
    skipped: int
    findings: tuple[Finding, ...]

    def blocking(self, severity: str) -> tuple[Finding, ...]:
        """Return the findings of at least this severity; an unknown one counts as the worst."""
        least = SEVERITIES.index(severity)
        return tuple(
            finding
            for finding in self.findings
            if finding.severity == "unknown"
            or (finding.severity in SEVERITIES and SEVERITIES.index(finding.severity) >= least)
        )


def read_audit(text: str) -> Audit:
    """Return what an audit says; other output around the JSON is skipped. Raises Unreadable, also when it audited nothing."""
    if len(text) > LARGEST:
        raise Unreadable("the report is larger than 50 MB")
    try:
        found = _read(_first_json(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"the audit report has an unknown form ({error!r})") from error
    if found.audited <= 0:
        raise Unreadable("the audit looked at no package")
    return found


def _read(report: Any) -> Audit:
    if isinstance(report, list):
        return _pip(report)
    if "dependencies" in report and isinstance(report["dependencies"], list):
        return _pip(report["dependencies"])
    if "error" in report:
        raise Unreadable(f"npm audit failed: {str(report['error'])[:300]}")
    return _npm(report)


def _pip(dependencies: list[Any]) -> Audit:
    looked = [one for one in dependencies if "skip_reason" not in one]
    findings = tuple(Finding(str(one["name"]), str(hole["id"]), "unknown") for one in looked for hole in one["vulns"])
    return Audit(len(looked), len(dependencies) - len(looked), findings)


def _npm(report: dict[str, Any]) -> Audit:
    counted = report["metadata"]["dependencies"]
    total = counted["total"] if isinstance(counted, dict) else report["metadata"]["totalDependencies"]
    holes = report.get("vulnerabilities") or report.get("advisories") or {}
    findings = tuple(
        Finding(str(hole.get("name", name)), _npm_id(hole), str(hole.get("severity", "unknown")))
        for name, hole in holes.items()
    )
    return Audit(int(total), 0, findings)


def _npm_id(hole: dict[str, Any]) -> str:
    via = [one for one in hole.get("via", []) if isinstance(one, dict)]
    return str(via[0].get("url") or via[0].get("source")) if via else str(hole.get("id", ""))


def _first_json(text: str) -> Any:
    decoder = json.JSONDecoder()
    at = 0
    for line in text.splitlines(keepends=True):
        if line.lstrip()[:1] in {"{", "["}:
            try:
                return decoder.raw_decode(text, at + len(line) - len(line.lstrip()))[0]
            except ValueError:
                pass
        at += len(line)
    raise Unreadable("there is no JSON in the audit's output")
