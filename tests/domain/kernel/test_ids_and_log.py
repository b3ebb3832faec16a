"""Identifiers sort by time; secrets do not reach a log."""

from golive.kernel.ids import new_id
from golive.kernel.log import redact


def test_identifiers_are_unique_and_have_their_prefix():
    made = {new_id("rel") for _ in range(5000)}
    assert len(made) == 5000
    assert all(len(one) == 30 and one.startswith("rel_") for one in made)


def test_values_under_secret_keys_are_redacted():
    event = {
        "event": "sent",
        "api_key": "k",
        "Authorization": "Bearer x",
        "password": "p",
        "address": "a@b.c",
    }
    shown = redact(None, "info", dict(event))
    assert shown["address"] == "a@b.c"
    assert {shown[key] for key in ("api_key", "Authorization", "password")} == {"[redacted]"}


def test_secrets_inside_of_values_are_redacted_and_the_value_stays_as_it_was():
    answer = {"status": 401, "headers": [{"authorization": "Bearer x", "date": "today"}]}
    shown = redact(None, "info", {"event": "answered", "answer": answer})
    assert shown["answer"] == {"status": 401, "headers": [{"authorization": "[redacted]", "date": "today"}]}
    assert answer["headers"][0]["authorization"] == "Bearer x"
