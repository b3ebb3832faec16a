"""--json: one JSON value on standard output, whatever the command, also when there is nothing yet."""

import pytest

from golive.ship.releases.events import ReleasePulled
from tests.support.responding import say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("status", dict),
        ("releases", list),
        ("services", list),
        ("incidents", list),
        ("incidents --all", list),
        ("backup list --service shop", list),
        ("people list", list),
        ("token list", list),
        ("audit", list),
        ("audit --verify", dict),
        ("login --link", dict),
        ("people add tom@example.org", dict),
        ("token create ci", dict),
        ("people change mira@example.org --role admin", dict),
        ("down", dict),
    ],
)
def test_json_is_one_value(served, command, kind):
    said = served(*command.split(), "--json")
    assert said.code == 0, said.err
    assert isinstance(said.json, kind)


@pytest.mark.parametrize(
    ("command", "has_data"),
    [
        ("status", False),
        ("releases", False),
        ("services", False),
        ("incidents", False),
        ("audit", True),
        ("token list", True),
    ],
)
def test_for_people_data_goes_to_stdout_and_talk_to_stderr(served, command, has_data):
    said = served(*command.split())
    assert said.code == 0
    assert (bool(said.out), bool(said.err)) == (has_data, not has_data)


def test_a_broken_audit_log_is_exit_code_1(served):
    from django.db import connection

    served("people", "add", "tom@example.org")
    table = next(name for name in connection.introspection.table_names() if name.startswith("audit"))
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET actor = 'somebody else' WHERE id = (SELECT min(id) FROM {table})")
    assert served("audit", "--verify").code == 1


def test_what_a_person_says_at_the_end_of_an_incident_is_kept(served):
    say(ReleasePulled)
    said = served("resolve", "1", "-m", "coupon parser fixed in 1.4.3", "--json")
    assert said.code == 0, said.err
    assert "coupon parser fixed in 1.4.3" in said.json["timeline"][-1]["text"]
