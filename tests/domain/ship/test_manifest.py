"""golive.toml: defaults that suffice, mistakes that are named with their line, hostile files that do no harm."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.kernel.config import ConfigInvalid, parse_toml
from golive.ship.services.domain.manifest import Manifest, Step, json_schema
from golive.ship.services.domain.shell import process_argv
from golive.ship.services.domain.values import format_duration, parse_duration
from golive.ship.services.domain.variables import parse_variables

SMALL = 'service = "shop"\n[processes.web]\ncommand = "serve"\n'


def read(text: str) -> Manifest:
    return parse_toml(Manifest, text, "golive.toml")


def errors(text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as invalid:
        read(text)
    return invalid.value.facts["errors"]


def test_three_lines_are_enough():
    found = read(SMALL)
    assert found.environment_names == ("staging", "production")
    assert [step.share for step in found.environment("production").plan] == [10, 50, 100]
    assert (found.replicas("production", "web"), found.replicas("staging", "web")) == (3, 1)
    assert found.environment("production").approvals == 0


def test_who_hears_of_releases():
    assert read(SMALL).notify.people == ()
    assert "started" in read(SMALL).notify.on
    found = read(SMALL + '[notify]\npeople = ["ada@example.com"]\non = ["full"]\n').notify
    assert (found.people, found.on) == (("ada@example.com",), ("full",))
    for wrong in ("ada", "a@b@c", "a@b.c\\nBcc: d@e.f", "Ada <a@b.c>", "a b@c.d", "a@b.c, d@e.f"):
        assert errors(f'{SMALL}[notify]\npeople = ["{wrong}"]\n')
    assert errors(SMALL + '[notify]\non = ["sometimes"]\n')


def test_steps_end_with_everyone():
    text = SMALL + '[environments.production]\nsteps = [{share = 5, at_least = "90s", at_most = "1h"}]\n'
    assert read(text).environment("production").plan == (
        Step(share=5, at_least=timedelta(seconds=90), at_most=timedelta(hours=1)),
        Step(share=100),
    )
    blue = SMALL + '[environments.production]\nstrategy = "bluegreen"\n'
    assert [step.share for step in read(blue).environment("production").plan] == [100]


MISTAKES = [
    (SMALL + "[healht]\nready = '/'\n", 4, "did you mean `health`"),
    (SMALL + "[health]\nredy = '/'\n", 5, "did you mean `ready`"),
    (SMALL + "\n[environments.production]\n\nreplica = 2\n", 7, "did you mean `replicas`"),
    (
        SMALL + "[[gates]]\nname = 'a'\ncommand = 'x'\n[[gates]]\nname = 'b'\ncomand = 'y'\n",
        9,
        "did you mean `command`",
    ),
    (SMALL + "[[gates]]\nname = 'a'\ncommand = 'x'\ntimeout = '2 minutes'\n", 7, "is no duration"),
    (SMALL + "[environments.production]\nsteps = [{share = 0}]\n", 5, "greater than 0"),
    (
        SMALL + "[environments.staging]\nreplicas = 1\n[environments.production]\nreplicas = 0\n",
        7,
        "greater than or equal to 1",
    ),
    (
        SMALL + "[environments.staging]\nport = 90\n[environments.production]\nport = 99999\n",
        7,
        "less than or equal to 65535",
    ),
    ("service = 'Shop!'\n[processes.web]\ncommand = 'x'\n", 1, "small letters, digits and hyphens"),
    ("service = 'shop'\n[processes]\nweb = { comand = 'x' }\n", 3, "did you mean `command`"),
    (SMALL + "[database]\nmigrate = 'x'\nsqlite = '../other/db'\n", 6, "inside the repository"),
    ("service = 'shop'\nkeep = ['/etc']\n[processes.web]\ncommand = 'x'\n", 2, "inside the repository"),
    (SMALL + "[[gates]]\nname = 'a'\ncommand = 'echo \"x'\n", 6, "open quote"),
    (SMALL + "[environments.production]\nhold_back = 50\n", 5, "less than or equal to 20"),
    (SMALL + "[environments.production]\nprobes = ['orders']\n", 5, "begins with a slash"),
]


@pytest.mark.parametrize(("text", "line", "words"), MISTAKES)
def test_a_mistake_is_named_with_its_line(text, line, words):
    found = errors(text)
    assert any(error.startswith(f"golive.toml:{line}:") and words in error for error in found), found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("service = 'shop'\n", "processes: this key is required"),
        (SMALL + "[[gates]]\nname='a'\ncommand='x'\nneeds=['b']\n", "names no gate: b"),
        (
            SMALL + "[[gates]]\nname='a'\ncommand='x'\nneeds=['b']\n[[gates]]\nname='b'\ncommand='x'\nneeds=['a']\n",
            "in a circle: a, b",
        ),
        (SMALL + "[[gates]]\nname='a'\ncommand='x'\n[[gates]]\nname='a'\ncommand='x'\n", "two gates named a"),
        (SMALL + "[database]\nsqlite='db.sqlite3'\n", "`keep` has to hold the database"),
        (SMALL + "[[gates]]\nname='a'\ncommand='x'\nreads={coverage='c.xml', audit='a.json'}\n", "exactly one"),
        (SMALL + "[environments.production]\nsteps=[{share=50},{share=10}]\n", "have to rise"),
        (SMALL + "[environments.production]\nsteps=[{share=50, at_least='2m', at_most='1m'}]\n", "shorter than"),
        (SMALL + "[environments.production]\nper_try_timeout='2m'\n", "longer than `timeout`"),
        (SMALL + "[environments.production]\nslow_routes=[{prefix='/', per_try_timeout='11m'}]\n", "longer than"),
    ],
)
def test_what_does_not_fit_together_is_told(text, words):
    assert any(words in error for error in errors(text)), errors(text)


def test_all_mistakes_are_told_at_once():
    assert len(errors(SMALL + "colour = 1\n[healht]\n[environments.production]\nreplica = 1\nport = 0\n")) == 4


@given(st.text(max_size=300))
def test_any_text_is_a_manifest_or_a_clear_no(text):
    for candidate in (text, SMALL + text):
        try:
            read(candidate)
        except ConfigInvalid as invalid:
            assert invalid.facts["errors"]  # noqa: PT017


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "[" * 3000, "a" * 100_000, "\x00", "service = 1e999999\n"])
def test_hostile_texts_get_a_clear_no(text):
    assert errors(text)


def test_schema_knows_the_keys_and_their_meaning():
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["keep"]["description"].startswith("Files and folders")
    assert schema["$defs"]["Gate"]["properties"]["timeout"]["type"] == "string"


@given(st.integers(0, 10_000_000_000))
def test_durations_come_back(milliseconds):
    length = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize("text", ["", "5", "m", "2m30", "-1s", "1s1m", "2 m", 5, None, "9" * 38 + "d", "4000d"])
def test_other_durations_are_refused(text):
    with pytest.raises(ValueError, match=r"no duration|ten years"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("gunicorn app:app -b :$PORT", "exec gunicorn app:app -b :$PORT"),
        ("A=1 B='x y' node server.js", "A=1 B='x y' exec node server.js"),
        ("echo 'a && b'", "exec echo 'a && b'"),
        ("serve > out.log", "exec serve > out.log"),
        ("a && b", "a && b"),
        ("cd x && exec y", "cd x && exec y"),
        ("exec y", "exec y"),
        ("a | b", "a | b"),
        ("while true; do x; done", "while true; do x; done"),
        ("serve `date`", "serve `date`"),
    ],
)
def test_a_simple_command_replaces_the_shell(command, line):
    assert process_argv(command) == ("/bin/sh", "-c", line)


def test_variables_are_what_stands_there():
    text = "# note\nexport A=1\nB = 'x y' \nC=\"$A\"\n\nnot a line\nD=a=b\nE=\n"
    assert parse_variables(text) == {"A": "1", "B": "x y", "C": "$A", "D": "a=b", "E": ""}
