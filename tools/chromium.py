"""See that a Chromium is there for the browser tests; as root on Debian or Ubuntu, install it."""

import os
import shutil
import subprocess
import sys


def main() -> int:
    """Never fail: without a browser its tests are skipped with a reason."""
    found = (
        os.environ.get("GOLIVE_CHROMIUM")
        or shutil.which("chromium")
        or shutil.which("google-chrome")
    )
    if found:
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing Chromium for the browser tests (apt-get)", flush=True)
        quiet = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "timeout": 600,
        }
        subprocess.run(["apt-get", "update"], check=False, **quiet)
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
            check=False,
            **quiet,
        )
    if not shutil.which("chromium"):
        print(
            "no Chromium: the browser tests will be skipped; set GOLIVE_CHROMIUM=/path to run them"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
