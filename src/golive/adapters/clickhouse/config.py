"""The store's configuration file: JSON, readable by its owner alone, secrets by file."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from golive.kernel.problems import Problem


class ConfigRefused(Problem):
    """The configuration cannot be used; the message says why in words."""


class StoreConfig(BaseModel):
    """Where the store keeps its data, on which ports it listens and how much it accepts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    host: str = "127.0.0.1"
    otlp_port: int = Field(4318, description="OTLP over HTTP; 0 takes a free one.")
    sql_port: int = Field(8123, description="ClickHouse HTTP protocol; 0 takes a free one.")
    ingest_token_file: Path = Field(description="Bearer token of those who send telemetry.")
    password_file: Path = Field(description="Password of the user `golive`: reads and writes.")
    viewer_password_file: Path = Field(description="Password of the user `viewer`: reads only.")
    edge_dir: Path | None = Field(None, description="Directory of requests.json and attempts.json.")
    logs_dir: Path | None = Field(None, description="Directory of the output of processes.")
    retention_days: Mapping[str, int] = Field(
        default_factory=dict, description="Days to keep by table; see schema.RETENTION."
    )
    max_body_bytes: int = Field(8 << 20, description="Largest request body as sent.")
    max_inflated_bytes: int = Field(32 << 20, description="Largest request body once inflated.")
    queue_bytes: int = Field(64 << 20, description="Telemetry that may wait for its commit.")
    batch_bytes: int = Field(8 << 20, description="Telemetry that one commit may take.")
    flush_seconds: float = Field(1.0, description="How long a commit waits for company.")
    max_memory_bytes: int = Field(1 << 30, description="Memory that one query may use.")
    max_server_bytes: int = Field(2 << 30, description="Memory that all of it may use, at most half of the machine's.")
    min_free_bytes: int = Field(256 << 20, description="Disk space below which nothing is written: others need it too.")


def read_secret(path: Path) -> str:
    """Return the secret in a file.

    Raises `ConfigRefused` when it is missing, empty or readable by others.
    """
    _refuse_shared(path)
    secret = path.read_text().strip()
    if not secret:
        raise ConfigRefused(f"{path} is empty: write the secret into it")
    return secret


def read_config(path: Path) -> StoreConfig:
    """Read the configuration.

    Raises `ConfigRefused` with all errors in words.
    """
    _refuse_shared(path)
    try:
        return StoreConfig.model_validate_json(path.read_bytes())
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors()]
        raise ConfigRefused(f"{path}: " + "; ".join(lines)) from error


def _refuse_shared(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigRefused(f"{path} cannot be read: {error.strerror}") from error
    if mode & 0o077:
        raise ConfigRefused(f"{path} is readable by others: chmod 600 {path}")
