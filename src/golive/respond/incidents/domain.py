"""What kind of incident a piece of release news is; pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from golive.ship.releases.domain.states import State as ReleaseState
from golive.ship.releases.domain.trouble import DOWN
from golive.ship.services.domain.manifest import STAGING


class Severity(StrEnum):
    """By impact on users (mission: RESPOND-1)."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


GRAVE = (Severity.SEV1, Severity.SEV2)  # what users notice


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
TOUCHED_PRODUCTION = frozenset({ReleaseState.BACKED_UP, ReleaseState.MIGRATED, ReleaseState.BOOTED, ReleaseState.WARM})


def of_pull(service: str, version: str, environment: str) -> Diagnosis:
    """Diagnose a pull: users are back on the release before it."""
    return Diagnosis(Severity.SEV2, f"{service} {version} was pulled from {environment}", blames=True)


def of_hold(service: str, environment: str) -> Diagnosis:
    """Diagnose trouble that both releases share: users are still in it and no release is blamed."""
    return Diagnosis(
        Severity.SEV2,
        f"{service} {environment} is in trouble, no release is to blame",
        blames=False,
    )


def of_roll_back(service: str, version: str, environment: str) -> Diagnosis:
    """Diagnose a verdict against a release."""
    return Diagnosis(Severity.SEV2, f"{service} {version} was rolled back in {environment}", blames=True)


def of_question(service: str, version: str, environment: str, facts: dict[str, Any]) -> Diagnosis:
    """Diagnose a question: SEV3, but when users stay in it SEV1 where nobody is served and SEV2 where requests fail.

    No release is blamed: there was no other one to compare it with.
    """
    if facts.get("serving") and DOWN & set(facts.get("faults", ())):
        title = f"{service} {version} is down in {environment}, with nothing to go back to"
        return Diagnosis(Severity.SEV1, title, blames=False)
    if facts.get("serving") and facts.get("failing"):
        return Diagnosis(Severity.SEV2, f"Requests of {service} {version} fail in {environment}", blames=False)
    return Diagnosis(Severity.SEV3, f"{service} {version} needs a decision", blames=False)


def of_outage(service: str, version: str, environment: str) -> Diagnosis:
    """Diagnose what has served for long and does not any more: nobody is being served, and no change is to blame."""
    return Diagnosis(Severity.SEV1, f"{service} {version} is down in {environment}", blames=False)


def of_failure(service: str, version: str, facts: dict[str, Any]) -> Diagnosis | None:
    """Diagnose a failure before any user saw the release: an incident only when production was touched already."""
    if str(facts.get("failed_in", "")) not in TOUCHED_PRODUCTION:
        return None
    return Diagnosis(
        Severity.SEV3,
        f"{service} {version} failed in production before its first user",
        blames=True,
    )


def of_work_given_up() -> Diagnosis:
    """Diagnose work of golive itself that is not tried any more: what it would have done is missing somewhere."""
    return Diagnosis(Severity.SEV3, "golive gave up on work of its own", blames=False)


def of_cut_off(service: str, environment: str) -> Diagnosis:
    """Diagnose visitors that do not come through to a site, or to any ("")."""
    if not service:
        return Diagnosis(Severity.SEV1, "The edge does not answer: nobody reaches any site", blames=False)
    severity = Severity.SEV3 if environment == STAGING else Severity.SEV1
    return Diagnosis(severity, f"Nobody reaches {service} in {environment}", blames=False)


def summary(number: int, severity: str, title: str) -> str:
    """Return the one line that names an incident in messages."""
    return f"[{severity}] #{number} {title}"
