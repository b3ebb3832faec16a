"""A golive of one's own in a scratch directory: real processes, used by the demo, the benchmarks and the journeys."""

import contextlib
import json
import os
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from golive.cli.client import Client
from golive.kernel.config import Settings

TESTAPP = Path(__file__).parent.parent / "bench" / "testapp" / "app.py"
POLL = 0.1  # seconds between looks


def free_port() -> int:
    """Return a loopback port that nobody listens on; never one that outgoing connections take theirs from."""
    while True:
        port = random.randint(10_000, 18_999)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Lab:
    """One golive: `up()`, its API as `client`, the command line as `cli()`, `down()`."""

    def __init__(self, directory: Path, *, port: int = 0, edge_port: int = 0, **settings: str) -> None:
        self.directory = directory
        self.home = directory / ".golive"
        self.port = port or free_port()
        self.edge_port = edge_port or free_port()
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GOLIVE_")},
            "GOLIVE_HOME": str(self.home),
            "GOLIVE_PORT": str(self.port),
            "GOLIVE_EDGE_PORT": str(self.edge_port),
            "GOLIVE_STATUS_PORT": str(free_port()),
            **{f"GOLIVE_{name.upper()}": value for name, value in settings.items()},
        }
        if "GOLIVE_ENVOY" in os.environ:
            self.env["GOLIVE_ENVOY"] = os.environ["GOLIVE_ENVOY"]
        directory.mkdir(parents=True, exist_ok=True)

    def cli(self, *arguments: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command line; raises CalledProcessError with its words when `check`."""
        done = subprocess.run(
            [sys.executable, "-m", "golive.cli.main", *arguments],
            cwd=cwd or self.directory,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if check and done.returncode:
            raise RuntimeError(
                f"golive {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
            )
        return done

    def up(self) -> dict[str, Any]:
        """Start it; returns what `golive up --json` says."""
        started: dict[str, Any] = json.loads(self.cli("up", "--json").stdout)
        return started

    def down(self) -> int:
        """End it; returns how many processes there were."""
        return int(json.loads(self.cli("down", "--json").stdout)["ended"])

    def client(self, token: str | None = None) -> Client:
        """Return an API client, by default as the first admin."""
        here = Settings(home=self.home, port=self.port, edge_port=self.edge_port)
        return Client(here, token=SecretStr(token) if token else None)

    def person(self, email: str, name: str, role: str) -> Client:
        """Add a person and return a client that acts as them."""
        admin = self.client()
        admin.post("/people", {"email": email, "name": name, "role": role})
        token = admin.post("/tokens", {"name": "lab", "person": email})["token"]
        return self.client(token)

    def register(self, repository: Path) -> str:
        """Register the service of a repository with a golive.toml; returns its name."""
        manifest = (repository / "golive.toml").read_text()
        found = self.client().post("/services", {"manifest": manifest, "repository": str(repository)})
        return str(found["name"])

    def deploy(self, service: str, revision: str) -> str:
        """Ask for a release of `revision`; returns its id at once."""
        return str(self.client().post("/releases", {"service": service, "revision": revision})["id"])

    def release(self, release_id: str) -> dict[str, Any]:
        """Return what the API says of a release."""
        found: dict[str, Any] = self.client().get(f"/releases/{release_id}")
        return found

    def wait_for_state(self, release_id: str, *states: str, seconds: float = 120.0) -> dict[str, Any]:
        """Wait until a release is in one of `states`; raises TimeoutError with where it is instead."""
        client = self.client()
        found: dict[str, Any] = {}

        def is_there() -> bool:
            found.update(client.get(f"/releases/{release_id}"))
            return found["state"] in states

        try:
            until(is_there, seconds)
        except TimeoutError:
            raise TimeoutError(
                f"{found['version']} is {found['state']} after {seconds:.0f} s, not {' or '.join(states)}: {found['sentence']}"
            ) from None
        return found

    def erase(self) -> None:
        """Delete the directory; the golive in it must be down."""
        for path in self.directory.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(self.directory, ignore_errors=True)


@contextlib.contextmanager
def scratch_lab(prefix: str, **settings: Any) -> Iterator[Lab]:
    """Run a golive in a scratch directory; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as scratch:
        lab = Lab(Path(scratch) / "lab", **settings)
        try:
            lab.up()
            yield lab
        finally:
            lab.down()
            lab.erase()


def git(path: Path, *arguments: str) -> str:
    """Run git as the person Lab and return what it says."""
    identity = ("-c", "user.name=Lab", "-c", "user.email=lab@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=path, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def until(look: Callable[[], Any], seconds: float) -> Any:
    """Return the first true value of `look`, asked ten times a second. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"it did not happen within {seconds:.0f} s")
        time.sleep(POLL)


class TestRepository:
    """A git repository of the small test app; each version is a commit with another behaviour."""

    __test__ = False

    def __init__(self, path: Path, service: str, *, edge_port: int, production: str = "", gates: str = "") -> None:
        self.path = path
        path.mkdir(parents=True)
        git(path, "init", "-q", "-b", "main")
        shutil.copy(TESTAPP, path / "app.py")
        (path / "golive.toml").write_text(
            f'service = "{service}"\n'
            f"[processes.web]\ncommand = {json.dumps(f'{shlex.quote(sys.executable)} app.py')}\n"
            '[health]\nready = "/api/ready"\n'
            f"{gates}\n"
            "[environments.production]\n"
            f"port = {edge_port}\n{production}\n"
        )

    def version(self, tag: str, **behaviour: Any) -> str:
        """Commit a behaviour (see bench/testapp/app.py) under a tag; returns the tag."""
        (self.path / "behaviour.json").write_text(json.dumps({"version": tag, **behaviour}))
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "-m", f"Release {tag}")
        git(self.path, "tag", tag)
        return tag
