"""A configuration file that is wrong is answered with line, path and the nearest right name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from golive.kernel.config import ConfigInvalid, parse_toml


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Health(Strict):
    ready: str = "/"
    timeout: int = 30


class Gate(Strict):
    name: str
    command: str


class File(Strict):
    name: str = Field(pattern=r"^[a-z]+$")
    health: Health = Health()
    gates: list[Gate] = []
    processes: dict[str, Health] = {}


def errors_of(text: str) -> list[str]:
    with pytest.raises(ConfigInvalid) as caught:
        parse_toml(File, text, "golive.toml")
    return caught.value.facts["errors"]


def test_unknown_key_names_line_path_and_nearest_name():
    [error] = errors_of('name = "shop"\n\n[health]\nraedy = "/up"\n')
    assert error == "golive.toml:4: health.raedy: unknown key; did you mean `ready`?"


def test_unknown_key_far_from_any_lists_what_is_known():
    [error] = errors_of('name = "shop"\n[health]\nzzz = 1\n')
    assert "known here: ready, timeout" in error


def test_key_in_the_second_of_several_tables_has_its_own_line():
    text = 'name = "shop"\n[[gates]]\nname = "a"\ncommand = "x"\n[[gates]]\nname = "b"\ncomand = "y"\n'
    found = errors_of(text)
    assert "golive.toml:7: gates.1.comand: unknown key; did you mean `command`?" in found
    assert any("gates.1.command: this key is required" in error for error in found)


def test_every_mistake_is_told_at_once():
    assert len(errors_of('name = "SHOP"\n[health]\ntimeout = "soon"\nfoo = 1\n')) == 3


def test_text_that_is_not_toml():
    [error] = errors_of("name = \n")
    assert "line 1" in error


@given(st.text(max_size=200))
def test_garbage_is_refused_and_nothing_else_is_raised(text: str):
    with pytest.raises(ConfigInvalid):
        parse_toml(File, text, "golive.toml")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = 1\n", 'golive.toml:1: name: this is text: write it in quotes, "..."'),
        (
            'name = "a"\n[health]\ntimeout = "soon"\n',
            "golive.toml:3: health.timeout: this is a whole number, without quotes",
        ),
        ('name = "a"\ngates = "x"\n', 'golive.toml:2: gates: this is a list: write gates = ["x"]'),
        (
            'name = "a"\n[gates]\nname = "x"\n',
            "golive.toml:2: gates: each one is a table of its own: write [[gates]] with two brackets",
        ),
        (
            'name = "a"\n[processes]\nweb = "run"\n',
            "golive.toml:3: processes.web: this is a table: write [processes.web] on a line of its own, and its keys below that",
        ),
        (
            'name = "a"\n[health]\nready = "\\u0000"\n',
            "golive.toml:3: health.ready: a NUL character can stand in no setting",
        ),
        ("name = " + "9" * 5000, "it is nested too deeply, or a number too long"),
        ("name = " + "[" * 5000, "it is nested too deeply, or a number too long"),
        ("#" * 200_001, "golive.toml has 200,001 characters; at most 200,000 are read"),
    ],
)
def test_a_value_of_another_kind_is_told_in_the_words_of_toml(text: str, told: str) -> None:
    assert errors_of(text) == [told]


def test_what_is_not_toml_says_how_to_write_it() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse_toml(File, "name = shop\n", "golive.toml")
    assert 'key = "text"' in caught.value.hint
    with pytest.raises(ConfigInvalid) as caught:
        parse_toml(File, "n\0a\0", "golive.toml")
    assert caught.value.hint == "Save the file as UTF-8 text."


def test_a_byte_order_mark_is_no_mistake() -> None:
    assert parse_toml(File, '\ufeffname = "shop"\n', "golive.toml").name == "shop"
