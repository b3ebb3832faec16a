"""What a machine lacks is said before the install, with what to do."""

import tomllib
from pathlib import Path

import pytest

from tools.preflight import NEWEST, OLDEST, numbers, troubles

ROOT = Path(__file__).parents[2]

FINE = {
    "version": (3, 12),
    "system": "linux",
    "machine": "x86_64",
    "libc": ("glibc", "2.36"),
    "git": "2.39.5",
    "has_pip": True,
}


def test_this_machine_and_an_ordinary_one_lack_nothing():
    assert troubles() == troubles(**FINE) == []


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"version": (3, 10)}, "this one is 3.10"),
        (
            {"version": (3, 15)},
            "3.11 to 3.14; this one is 3.15. Install one of them and set PYTHON=/path/to/python3.14",
        ),
        ({"system": "darwin"}, "Linux"),
        ({"machine": "armv7l"}, "armv7l"),
        ({"libc": ("", "")}, "another C library"),
        ({"libc": ("glibc", "2.28")}, "glibc 2.28"),
        ({"git": ""}, "install it"),
        ({"git": "2.25.1"}, "2.25.1"),
        ({"has_pip": False}, "python3-venv"),
    ],
)
def test_what_lacks_is_named(lacking, said):
    (trouble,) = troubles(**(FINE | lacking))
    assert said in trouble


def test_versions_have_words_in_them():
    assert numbers("2.39.5-1ubuntu") == (2, 39)
    assert numbers("2.39-windows") == (2, 39)


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_every_python_of_the_range_will_do(minor):
    assert troubles(**(FINE | {"version": (3, minor)})) == []


def test_the_readme_and_the_package_name_the_same_pythons():
    oldest, newest, next_one = (f"3.{minor}" for minor in (OLDEST[1], NEWEST[1], NEWEST[1] + 1))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={oldest},<{next_one}"
    assert f"Python {oldest} to {newest}" in (ROOT / "README.md").read_text()
