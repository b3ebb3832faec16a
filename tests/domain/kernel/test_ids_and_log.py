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
