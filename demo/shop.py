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
MANIFEST = Path(__file__).parent / "golive.toml"


def make_repository(target: Path, *, payments: str, port: int) -> Path:
    """Write the market as a git repository with a tag per version; production is the demo's own."""
    manifest = target.with_suffix(".toml")
    manifest.write_text(
        MANIFEST.read_text().replace("port = 8080", f"port = {port}").replace("http://127.0.0.1:1", payments)
    )
    made = subprocess.run(
        [sys.executable, str(EXAMPLE / "make_repository.py"), str(target), "--manifest", str(manifest)],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(f"The market's repository could not be made: {made.stderr.strip()[-600:]}")
    return target


class Shoppers:
    """About 20 requests a second by 60 clients with cookie jars, until stopped."""

    def __init__(self, url: str, figures: Path, *, rate: float = 20, clients: int = 60) -> None:
        self._figures = figures
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "shoppers",
                "--url",
                url,
                "--rate",
                str(rate),
                "--clients",
                str(clients),
                "--seconds",
                "86400",
                "--json",
                str(figures),
            ],
            cwd=EXAMPLE,
            env={**os.environ, "PYTHONPATH": str(EXAMPLE)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> dict[str, Any]:
        """End them and return what they lived through."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
        figures: dict[str, Any] = json.loads(self._figures.read_text())
        return figures
