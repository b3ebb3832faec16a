"""Which incident a piece of release news is."""

from golive.respond.incidents import domain


def test_an_outage_is_what_is_down_with_nothing_to_go_back_to() -> None:
    def severity(**facts: object) -> str:
        return domain.of_question("shop", "1.2", "production", facts).severity

    assert domain.of_pull("shop", "1.2", "production").severity == "SEV2"
    for fault in ("crash_loop", "readiness_lost"):
        assert severity(serving=True, failing=True, faults=[fault]) == "SEV1"
        assert severity(faults=[fault]) == "SEV3"
    assert severity(serving=True, failing=True, faults=["database_connection"]) == "SEV2", "pages without it serve"
    assert severity(serving=True, failing=True, faults=[]) == "SEV2"
    assert severity(serving=True, failing=False, faults=[]) == "SEV3", "who only waits fails nobody"
    assert severity(question="judge") == "SEV3"


def test_a_failure_before_production_was_touched_is_no_incident() -> None:
    assert domain.of_failure("shop", "1.2", {"failed_in": "GATED"}) is None
    assert domain.of_failure("shop", "1.2", {"failed_in": "MIGRATED"}) is not None
