"""What no import contract can see: tables point down the floors, modules stay small, the project speaks of itself."""

import re
import subprocess
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

ROOT = Path(__file__).parents[2]
FLOORS = ["kernel", "watch", "ship", "respond"]


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("golive.")]


def floor(model: type[models.Model]) -> int:
    return FLOORS.index(model.__module__.split(".")[1])


def test_foreign_keys_point_down_and_leave_no_back_door():
    for model in own_models():
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not (field.is_relation and field.concrete and target.__module__.startswith("golive.")):
                continue
            same = model.__module__.split(".")[:3] == target.__module__.split(".")[:3]
            assert floor(target) <= floor(model), f"{model.__name__}.{field.name} points up"
            assert same or field.remote_field.hidden, f"{model.__name__}.{field.name}: related_name='+'"


def test_modules_stay_small():
    long = {
        str(path.relative_to(ROOT)): count
        for path in tracked("src/*.py", "packages/*.py")
        if "/migrations/" not in str(path) and (count := len(path.read_text().splitlines())) > 400
    }
    assert not long, f"a module with two subjects wants two rooms: {long}"


@pytest.mark.parametrize(
    "forbidden",
    [
        r"https?://[^\s\"']*(/simple\b|\.whl|\.tar\.gz)",  # the address of a registry
        r"(?<![\w.])/(work|root)/",  # a path of somebody's machine
        r"\bindex-url\s*=",
    ],
)
def test_nothing_names_a_registry_or_a_machine(forbidden):
    here = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:100]}"
        for path in tracked()
        if path != here and path.suffix not in {".png", ".woff2", ".ico", ".jpg", ".webp"}
        for line in path.read_text(errors="replace").splitlines()
        if re.search(forbidden, line)
    ]
    assert not found


@pytest.mark.django_db
def test_migrations_are_complete():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
