"""What the processes of a release are started with."""

import json
from pathlib import Path
from urllib.parse import quote

from golive.kernel.config import settings
from golive.ship.commands import operations as commands
from golive.ship.replicas.domain import Limits, ProcessSpec, ReleaseRef
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Manifest
from golive.ship.services.domain.shell import process_argv

MIB = 1024 * 1024


def environment_of(release: ReleaseRef, environment: str, app: Path, manifest: Manifest) -> dict[str, str]:
    """Return the whole environment of a release's commands at a place. Raises SecretMissing, RunAsRefused."""
    wanted = manifest.environment(environment)
    env = commands.environment(commands.identity(release.service, manifest.run_as))
    env["PATH"] = ":".join([f"{app}/.venv/bin", f"{app}/node_modules/.bin", env["PATH"]])
    if (app / ".venv").exists():
        env["VIRTUAL_ENV"] = str(app / ".venv")
    # In front of an editable install, which points at the artifact: the working tree is what runs.
    sources = [app, app / "src"] if (app / "src").is_dir() else [app]
    env["PYTHONPATH"] = ":".join(str(source) for source in sources)
    env |= {"UV_NO_SYNC": "1", "UV_FROZEN": "1", "NODE_ENV": "production", "HOST": "127.0.0.1"}
    env |= {
        "GOLIVE_RELEASE": release.id,
        "GOLIVE_VERSION": release.version,
        "GOLIVE_SERVICE": release.service,
        "GOLIVE_ENVIRONMENT": environment,
    }
    env |= wanted.env
    env |= services.secrets(release.service, environment, wanted.secret)
    return env


def process_id(release: str, environment: str, process: str, number: int) -> str:
    """Return the id of a replica; numbers begin with 1."""
    return f"{release}-{environment}-{process}-{number}"


def spec(
    release: ReleaseRef,
    environment: str,
    app: Path,
    manifest: Manifest,
    *,
    process: str,
    number: int,
    port: int | None,
) -> ProcessSpec:
    """Return how one replica runs; `port` is None for workers."""
    wanted = manifest.processes[process]
    name = process_id(release.id, environment, process, number)
    env = environment_of(release, environment, app, manifest) | _telemetry(release, environment, name)
    env |= {"GOLIVE_PROCESS": process, "GOLIVE_REPLICA": name}
    labels = {
        "service": release.service,
        "environment": environment,
        "release": release.id,
        "version": release.version,
        "process": process,
    }
    if port is not None:
        env["PORT"] = str(port)
        labels |= {"port": str(port), "ready": manifest.health.ready or ""}
    who = commands.identity(release.service, manifest.run_as)
    memory = wanted.memory * MIB if wanted.memory else None
    return ProcessSpec(
        id=name,
        argv=process_argv(wanted.command),
        cwd=str(app),
        env=env,
        labels=labels,
        run_as=who.name if who else None,
        limits=Limits(memory_bytes=memory),
    )


def _telemetry(release: ReleaseRef, environment: str, replica: str) -> dict[str, str]:
    """Return the OpenTelemetry variables (OTLP exporter specification), none before the store has a place."""
    try:
        target = json.loads((settings().run / "store.json").read_text())
        token = Path(target["token_file"]).read_text().strip()
    except (OSError, ValueError, KeyError):
        return {}
    attributes = {
        "service.version": release.version,
        "service.instance.id": replica,
        "golive.release": release.id,
        "deployment.environment.name": environment,
    }
    return {
        "OTEL_SERVICE_NAME": release.service,
        "OTEL_EXPORTER_OTLP_ENDPOINT": target["otlp_url"],
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_LOGS_EXPORTER": "none",  # the store reads what a process prints
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={quote(f'Bearer {token}', safe='')}",
        "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{key}={quote(value)}" for key, value in attributes.items()),
    }
