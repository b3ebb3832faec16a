"""What a how-to says to type finds golive's home, with GOLIVE_HOME and without."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from golive.kernel.config import Settings, parse_toml
from golive.ship.services.domain.idle import idle_keys
from golive.ship.services.domain.manifest import Manifest

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to"
SETTINGS = [
    pytest.param(block, id=f"{page.name} {number}")
    for page in sorted(HOW_TO.glob("*.md"))
    for number, block in enumerate(re.findall(r"^```toml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL))
]


@pytest.fixture(params=["", "elsewhere"], ids=["in the directory", "named"])
def home(request, tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOLIVE_HOME", raising=False)
    if request.param:
        monkeypatch.setenv("GOLIVE_HOME", str(tmp_path / request.param))
    made = Settings(home=request.param or Settings().home)
    made.prepare()
    return made.home


def typed(page: str, line: str) -> str:
    """Return the block of a page that has `line`."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (HOW_TO / page).read_text(), re.MULTILINE | re.DOTALL)
    return next(block for block in blocks if line in block)


def run(script: str, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euc", script], env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_secrets_are_put_where_golive_reads_them(home, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho STRIPE_API_KEY=sk_test_1 > "$1"\n')
    editor.chmod(0o700)
    run(typed("secrets-and-postgresql.md", "mkdir"), EDITOR=str(editor))
    written = home / "secrets" / "shop" / "production.env"
    assert written.read_text() == "STRIPE_API_KEY=sk_test_1\n"
    assert written.stat().st_mode & 0o077 == 0


def test_the_token_of_the_machine_is_found(home):
    (home / "token").write_text("golive_1234")
    head = typed("status-page.md", "AUTH=").partition("\n\n")[0]
    assert run(f'{head}\necho "$AUTH"') == "Authorization: Bearer golive_1234\n"


@pytest.mark.parametrize("block", SETTINGS)
def test_what_a_how_to_puts_into_golive_toml_is_taken(block):
    head = "" if block.lstrip().startswith("service") else 'service = "shop"\n'
    tail = "" if "[processes" in block else '\n[processes.web]\ncommand = "serve"\n'
    assert parse_toml(Manifest, f"{head}{block}{tail}", "golive.toml", also=idle_keys)
