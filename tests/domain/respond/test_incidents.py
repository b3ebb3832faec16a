"""Which incident a piece of release news is."""

from golive.respond.incidents import domain
from golive.ship.judge.domain.standing import FAULTS


def test_an_outage_is_what_is_down_with_nothing_to_go_back_to() -> None:
    def severity(**facts: object) -> str:
        return domain.of_question("shop", "1.2", "production", facts).severity

    assert domain.of_pull("shop", "1.2", "production").severity == "SEV2"
    for fault in FAULTS:
        assert severity(serving=True, faults=[fault]) == "SEV1"
        assert severity(faults=[fault]) == "SEV3"
    assert severity(serving=True, faults=[]) == "SEV3"
    assert severity(question="judge") == "SEV3"


def test_a_failure_before_production_was_touched_is_no_incident() -> None:
    assert domain.of_failure("shop", "1.2", {"failed_in": "GATED"}) is None
    assert domain.of_failure("shop", "1.2", {"failed_in": "MIGRATED"}) is not None
