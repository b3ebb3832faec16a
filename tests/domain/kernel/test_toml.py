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
