"""Secrets in foreign words."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from golive.ship.services.domain.redaction import Redaction

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=40)
SECRET = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=6, max_size=60)


@given(before=TEXT, secret=SECRET, after=TEXT)
@example(before="", secret="xxxxxx", after="xxxxx")
def test_no_value_is_left_whatever_stands_around_it(before: str, secret: str, after: str) -> None:
    said = Redaction([("KEY", secret)])(f"{before}{secret}{after}")
    assert "[secret KEY]" in said
    assert secret not in said.replace("[secret KEY]", "\0")


@pytest.mark.parametrize(
    "form",
    [
        "{it}",
        "postgres://shop:{quoted}@db/shop",
        'login failed for {{"password": {as_json}}}',
        "KeyError: {it!r}",
        "Authorization: Basic {basic}",
        "Authorization: Basic {longer}",
        "token {alone}",
    ],
)
@pytest.mark.parametrize("secret", ["TOPSECRET", 'p"a/s:s\\w@rd é', "12345678901"])
def test_it_is_known_in_other_clothes(form: str, secret: str) -> None:
    forms = {
        "it": secret,
        "quoted": quote(secret, safe=""),
        "as_json": json.dumps(secret),
        "basic": base64.b64encode(f"me:{secret}".encode()).decode(),
        "longer": base64.b64encode(f"shop:{secret}:more".encode()).decode(),
        "alone": base64.urlsafe_b64encode(secret.encode()).decode(),
    }
    text = form.format(**forms)
    said = Redaction([("KEY", secret)])(f"{text} and more")
    assert "[secret KEY]" in said
    assert said.endswith(" and more")
    for one in (secret, forms["quoted"], forms["as_json"], forms["basic"], forms["longer"], forms["alone"]):
        assert one not in said


def test_each_line_of_a_key_is_one_also_when_the_first_ones_are_gone() -> None:
    key = "-----BEGIN KEY-----\\nMIIEvAIBADANBg\\nkqhkiG9w0BAQEF\\n-----END KEY-----"
    said = Redaction([("PEM", key)])("IBADANBg\n  kqhkiG9w0BAQEF\n  -----END KEY-----\nexit 1")
    assert said == "[secret PEM]\n  [secret PEM]\n  [secret PEM]\nexit 1"


def test_the_password_of_an_address_is_one_too() -> None:
    said = Redaction([("DATABASE_URL", "postgres://shop:sesame%20open@db/shop")])("password=sesame open host=db")
    assert said == "password=[secret DATABASE_URL] host=db"


def test_what_is_short_or_no_secret_stays() -> None:
    redact = Redaction([("PIN", "1234"), ("EMPTY", ""), ("KEY", "TOPSECRET"), ("LONG", "TOPSECRET-2")])
    assert redact("pin 1234, port 12345") == "pin 1234, port 12345"
    assert redact("TOPSECRET-2 TOPSECRET") == "[secret LONG] [secret KEY]"
    assert redact.within({"n": 1, "of": ["TOPSECRET", None]}) == {"n": 1, "of": ["[secret KEY]", None]}
