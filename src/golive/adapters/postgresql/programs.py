"""The programs pg_dump and pg_restore: one that fits the server, with the password in its environment alone."""

import errno
import glob
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from golive.ship.databases.ports import DatabaseTrouble

PLACES = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/pgsql-*/bin")
LIMIT_S = 3600.0
_VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "options": "PGOPTIONS",
}


def find_program(name: str, server_major: int, folders: tuple[str, ...] = ()) -> str:
    """Return the path of a program of exactly the server's major version. Raises DatabaseTrouble.

    An older pg_dump refuses a newer server, and a newer one may write what the server cannot read back.
    """
    on_path = shutil.which(name)
    candidates = [str(Path(folder) / name) for folder in folders]
    candidates += [on_path] if on_path else []
    for pattern in PLACES:
        candidates += [str(Path(folder) / name) for folder in sorted(glob.glob(pattern))]
    versions = {path: _major(path) for path in dict.fromkeys(candidates) if Path(path).is_file()}
    for path, major in versions.items():
        if major == server_major:
            return path
    found = ", ".join(sorted({str(major) for major in versions.values()})) or "none"
    raise DatabaseTrouble(
        f"There is no {name} of version {server_major} on this machine (found: {found}).",
        hint=f"Install the client of PostgreSQL {server_major}, such as postgresql-client-{server_major}.",
    )


def run_program(program: str, address: str, arguments: list[str]) -> str:
    """Run a program against a database and return its output. Raises DatabaseTrouble."""
    try:
        done = subprocess.run(
            [program, *arguments],
            env=connection_environment(address),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DatabaseTrouble(f"{Path(program).name} was not done after an hour.") from error
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["no reason given"]
        if "No space left on device" in done.stderr:
            raise OSError(errno.ENOSPC, words[-1][:300])
        raise DatabaseTrouble(f"{Path(program).name}: {words[-1][:500]}")
    return done.stdout


def connection_environment(address: str) -> Mapping[str, str]:
    """Return libpq's variables for an address, so that it never stands in a process list."""
    env = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "LC_ALL", "TZ"}}
    for key, value in conninfo_to_dict(address).items():
        if key in _VARIABLES and value is not None:
            env[_VARIABLES[key]] = str(value)
    return env


def _major(path: str) -> int:
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r"\s(\d+)", said.stdout)
    return int(match[1]) if match else 0
