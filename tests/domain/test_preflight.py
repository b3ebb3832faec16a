"""What a machine lacks is said before the install, with what to do."""

import pytest

from tools.preflight import numbers, troubles

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
        ({"version": (3, 9)}, "PYTHON="),
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
