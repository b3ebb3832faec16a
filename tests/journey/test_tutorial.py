"""The tutorial is executed as it stands: every `sh` block, in order, in one shell."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "ship-your-own-app.md"


def commands() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)


def test_every_command_of_the_tutorial_works(tmp_path):
    lab = Lab(tmp_path)
    env = lab.env | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    script = "\n".join(["set -eu", f"cd {tmp_path}", *commands()])
    try:
        done = subprocess.run(
            ["bash", "-c", script],
            env=env,
            capture_output=True,
            text=True,
            timeout=360,
            check=False,
        )
    finally:
        lab.down()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(commands()) == 5
