"""What kind of incident a piece of release news is; pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """By impact on users (mission: RESPOND-1)."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class State(StrEnum):
    """TRIGGERED until somebody has it, MITIGATED when users are safe, RESOLVED when a person says so."""

    TRIGGERED = "TRIGGERED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    MITIGATED = "MITIGATED"
    RESOLVED = "RESOLVED"


OPEN_STATES = (State.TRIGGERED, State.ACKNOWLEDGED, State.MITIGATED)


@dataclass(frozen=True)
class Diagnosis:
    """What to open: `blames` says whether the release is held responsible; an environment incident blames none."""

    severity: Severity
    title: str
    blames: bool


# States of a release in which its failure has touched production's data or machines.
TOUCHED_PRODUCTION = frozenset({"BACKED_UP", "MIGRATED", "BOOTED", "WARM"})
# Reasons that mean: nobody was being served. The release engine's slugs for its hard rules.
OUTAGES = ("crash", "readiness", "no-replica", "database-connection")


def of_pull(
    service: str, version: str, environment: str, reason: str, facts: dict[str, Any]
) -> Diagnosis:
    """Diagnose a pull: SEV2, or SEV1 when there was nothing to put users back on and nobody is served."""
    alone = "replaced" in facts and not facts["replaced"]
    outage = alone and any(word in reason for word in OUTAGES)
    severity = Severity.SEV1 if outage else Severity.SEV2
    return Diagnosis(severity, f"{service} {version} was pulled from {environment}", blames=True)


def of_hold(service: str, environment: str) -> Diagnosis:
    """Diagnose trouble that both releases share: users are still in it and no release is blamed."""
    return Diagnosis(
        Severity.SEV2,
        f"{service} {environment} is in trouble, no release is to blame",
        blames=False,
    )


def of_roll_back(service: str, version: str, environment: str) -> Diagnosis:
    """Diagnose a verdict against a release."""
    return Diagnosis(
        Severity.SEV2, f"{service} {version} was rolled back in {environment}", blames=True
    )


def of_question(service: str, version: str) -> Diagnosis:
    """Diagnose a release that waits for a person's decision."""
    return Diagnosis(Severity.SEV3, f"{service} {version} needs a decision", blames=False)


def of_failure(service: str, version: str, facts: dict[str, Any]) -> Diagnosis | None:
    """Diagnose a failure before any user saw the release: an incident only when production was touched already."""
    if str(facts.get("state", "")) not in TOUCHED_PRODUCTION:
        return None
    return Diagnosis(
        Severity.SEV3,
        f"{service} {version} failed in production before its first user",
        blames=True,
    )


def summary(number: int, severity: str, title: str) -> str:
    """Return the one line that names an incident in messages."""
    return f"[{severity}] #{number} {title}"
