"""See that a Chromium is there for the browser tests; as root on Debian or Ubuntu, install it."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress

LIMIT_S = 600
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    return os.environ.get("GOLIVE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _install() -> None:
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    with suppress(subprocess.TimeoutExpired):
        for command in (["apt-get", "update"], install):
            subprocess.run(command, check=False, capture_output=True, timeout=LIMIT_S)


def main() -> int:
    """Never fail: without a browser its tests are skipped with a reason."""
    if chromium():
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing Chromium for the browser tests (apt-get)", flush=True)
        _install()
    if not chromium():
        print("no Chromium: the browser tests will be skipped; set GOLIVE_CHROMIUM=/path to run them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
