"""Every command of the tree: help, an example that parses, --json where it prints data."""

import re
import shlex

import click
import pytest
import typer

from golive.cli.main import app

TALKS_ONLY = {"init", "run", "token revoke"}


def commands(group=None, path=()):
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_that_fits_into_the_list(name):
    short = (ALL[name].help or "").split("\n\n")[0]
    assert short.endswith(".")
    assert len(short) <= 60, f"{short!r} would be cut off in `golive --help`"
    for parameter in ALL[name].params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", ALL)
def test_every_example_parses(name):
    found = re.search(r"^Example: golive (.+)$", ALL[name].help, re.M)
    assert found, f"{name} has no example"
    words = shlex.split(found[1])
    assert " ".join(words).startswith(name)
    ALL[name].make_context(name, words[len(name.split()) :])


@pytest.mark.parametrize("name", sorted(set(ALL) - TALKS_ONLY))
def test_what_prints_data_can_print_json(name):
    assert any("--json" in parameter.opts for parameter in ALL[name].params)


def test_the_list_of_commands_is_not_cut_off(golive):
    said = golive("--help")
    assert said.code == 0
    assert "..." not in said.out.partition("Commands:")[2]
    assert click.unstyle(said.out) == said.out


def test_it_says_which_golive_it_is(golive):
    said = golive("--version")
    assert said.code == 0
    assert re.fullmatch(r"golive \d+\.\d+\.\d+\S* on Python 3\.\d+\.\d+\S*\n", said.out)
    assert "Takes a web app to production" in golive("--help").out
