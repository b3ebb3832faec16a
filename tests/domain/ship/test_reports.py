"""Reports of gates: what counts, and that nothing is no result."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.ship.commands.domain import Ending, Finished
from golive.ship.gates.domain import GateState
from golive.ship.gates.domain.audit import read_audit
from golive.ship.gates.domain.coverage import Unreadable, read_coverage
from golive.ship.gates.domain.judgement import judge
from golive.ship.services.domain.manifest import Gate

COBERTURA = '<?xml version="1.0" ?><!DOCTYPE coverage SYSTEM "x.dtd"><coverage lines-valid="200" lines-covered="150"/>'
PIP = {
    "dependencies": [
        {"name": "a", "version": "1", "vulns": []},
        {"name": "b", "version": "2", "vulns": []},
    ]
}
PIP_BAD = {"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]}]}
NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {"x": {"name": "x", "severity": "moderate", "via": [{"url": "https://x/1"}]}},
    "metadata": {"vulnerabilities": {}, "dependencies": {"prod": 3, "total": 120}},
}


def gate(**reads):
    return Gate.model_validate({"name": "g", "command": "x", "reads": reads or None})


def done(code=0, ending=Ending.EXITED, tail="the end", reason=""):
    return Finished(ending, code, 1.0, tail, reason=reason)


@pytest.mark.parametrize(
    "text",
    [
        COBERTURA,
        '<coverage line-rate="0.75">' + '<line hits="1"/>' * 3 + '<line hits="0"/></coverage>',
        json.dumps({"totals": {"covered_lines": 3, "num_statements": 4}}),
        json.dumps({"total": {"lines": {"total": 4, "covered": 3}}}),
        "TN:\nSF:a.js\nLF:2\nLH:1\nend_of_record\nSF:b.js\nLF:2\nLH:2\nend_of_record\n",
    ],
)
def test_all_forms_of_coverage(text):
    assert read_coverage(text).percent == 75


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<a",
        "<coverage/>",
        '<coverage lines-valid="0" lines-covered="0"/>',
        "LF:0\nLH:0\n",
        '<!DOCTYPE x [<!ENTITY a "b">]><coverage lines-valid="1" lines-covered="1"/>',
        "[" * 100_000,
        "LF:x",
        '{"totals": {"covered_lines": 5, "num_statements": 4}}',
        '{"totals": null}',
    ],
)
def test_a_report_without_data_is_unreadable(text):
    with pytest.raises(Unreadable):
        read_coverage(text)


@given(st.text())
def test_any_text_is_read_or_unreadable(text):
    for read in (read_coverage, read_audit):
        with contextlib.suppress(Unreadable):
            read(text)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda v: (
            st.lists(v)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "dependencies",
                        "vulns",
                        "metadata",
                        "total",
                        "totals",
                        "lines",
                        "vulnerabilities",
                        "error",
                        "id",
                        "name",
                        "via",
                    ]
                ),
                v,
            )
        ),
    )
)
def test_any_json_is_read_or_unreadable(value):
    for read in (read_coverage, read_audit):
        with contextlib.suppress(Unreadable):
            read(json.dumps(value))


def test_audits_of_pip_and_npm():
    assert read_audit("Found something\n" + json.dumps(PIP)).audited == 2
    assert [f.id for f in read_audit(json.dumps(PIP_BAD)).blocking("critical")] == ["PYSEC-1"]
    npm = read_audit(json.dumps(NPM, indent=2))
    assert npm.audited == 120
    assert npm.blocking("high") == ()
    assert [f.package for f in npm.blocking("moderate")] == ["x"]


@pytest.mark.parametrize(
    "report",
    [
        {"dependencies": []},
        {"dependencies": [{"name": "a", "skip_reason": "not on the index"}]},
        {"error": {"code": "ENOLOCK", "summary": "no lock file"}},
        {"metadata": {"dependencies": {"total": 0}}, "vulnerabilities": {}},
    ],
)
def test_an_audit_of_nothing_is_unknown_although_it_exits_with_0(report):
    judged = judge(gate(audit="stdout"), done(), json.dumps(report))
    assert judged.state is GateState.UNKNOWN
    assert judged.why


@pytest.mark.parametrize(
    ("finished", "state"),
    [
        (done(0), GateState.PASS),
        (done(1), GateState.FAIL),
        (done(127), GateState.UNKNOWN),
        (done(137), GateState.UNKNOWN),
        (done(None, Ending.TIMED_OUT, reason="limit"), GateState.UNKNOWN),
        (done(None, Ending.SIGNALLED, reason="SIGKILL"), GateState.UNKNOWN),
        (done(None, Ending.NOT_STARTED, reason="x"), GateState.UNKNOWN),
        (done(None, Ending.CUT_OFF, reason="x"), GateState.UNKNOWN),
    ],
)
def test_only_exit_code_0_passes(finished, state):
    assert judge(gate(), finished, None).state is state


def test_coverage_below_the_minimum_fails_and_a_missing_file_is_unknown():
    assert judge(gate(coverage="c.xml", minimum=76), done(), COBERTURA).state is GateState.FAIL
    assert judge(gate(coverage="c.xml", minimum=75), done(), COBERTURA).state is GateState.PASS
    assert judge(gate(coverage="c.xml", minimum=75), done(1), COBERTURA).state is GateState.FAIL
    missing = judge(gate(coverage="c.xml"), done(), None)
    assert missing.state is GateState.UNKNOWN
    assert "did not write c.xml" in missing.why
    assert judge(gate(coverage="c.xml"), done(2), None).state is GateState.FAIL


def test_an_audit_is_judged_by_its_findings_not_by_its_exit_code():
    npm = json.dumps(NPM)
    assert judge(gate(audit="stdout"), done(1), npm).state is GateState.PASS
    assert judge(gate(audit="stdout", severity="moderate"), done(1), npm).state is GateState.FAIL
    assert judge(gate(audit="stdout"), done(1), json.dumps(PIP)).state is GateState.FAIL
    bad = judge(gate(audit="stdout", severity="critical"), done(1), json.dumps(PIP_BAD))
    assert "PYSEC-1" in bad.why
