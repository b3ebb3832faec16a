"""The market's scratch repository and its shoppers, as processes beside golive."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "farmersmarket"
VERSIONS = ("1.0", "1.1", "1.2", "1.3")
# The canary of the demo: the same judge, with the patience of a person who watches.
PRODUCTION = """
[environments.production]
port = {port}
approvals = 1
replicas = 2
env = {{ SAMPLE_WORLD = "small", PAYMENT_URL = "{payments}" }}
probes = ["/", "/products"]
hold_back = 0
steps = [
  {{ share = 10, at_least = "8s", at_most = "20s" }},
  {{ share = 50, at_least = "8s", at_most = "20s" }},
]
"""


def make_repository(target: Path, *, payments: str, port: int) -> Path:
    """Write the market as a git repository with a tag per version; production is the demo's own."""
    manifest = target.with_suffix(".toml")
    original = (EXAMPLE / "golive.toml").read_text()
    head = original.split("[environments.production]")[0].rstrip()
    manifest.write_text(f"{head}\n{PRODUCTION.format(port=port, payments=payments)}")
    subprocess.run(
        [sys.executable, str(EXAMPLE / "make_repository.py"), str(target), "--manifest", str(manifest)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return target


class Shoppers:
    """About 20 requests a second by 60 clients with cookie jars, until stopped."""

    def __init__(self, url: str, figures: Path, *, rate: float = 20, clients: int = 60) -> None:
        self._figures = figures
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "shoppers", "--url", url, "--rate", str(rate),
                "--clients", str(clients), "--seconds", "86400", "--json", str(figures),
            ],
            cwd=EXAMPLE, env={**os.environ, "PYTHONPATH": str(EXAMPLE)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def stop(self) -> dict[str, Any]:
        """End them and return what they lived through."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
        figures: dict[str, Any] = json.loads(self._figures.read_text())
        return figures
