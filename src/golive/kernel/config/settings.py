"""How this golive runs: `GOLIVE_*` variables and the home directory."""

import functools
import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from golive.kernel.config.toml import ConfigInvalid, Model


class Settings(BaseModel):
    """The server's settings; each field is the variable `GOLIVE_<FIELD>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(Path(".golive"), description="Where golive keeps everything it knows.")
    database_url: str = Field("", description="postgresql://… for PostgreSQL; empty: SQLite in home.")
    host: str = Field("127.0.0.1", description="Address that the control room listens on.")
    port: int = Field(8100, ge=1, le=65535, description="Port of the control room.")
    edge_host: str = Field("127.0.0.1", description="Address that the edge listens on.")
    edge_port: int = Field(8080, ge=2, le=65535, description="First port of the edge: production of the first service.")
    status_port: int = Field(
        0, ge=0, le=65535, description="Port of the status page at the edge; 0: one below edge_port."
    )
    public_url: str = Field("", description="Address of the control room in mails and pages.")
    public_certificate: str = Field(
        "",
        description="PEM chain with which the edge shows login, acknowledgement and release pages at an https public_url.",
    )
    public_key: str = Field("", description="PEM key of that certificate.")
    allowed_hosts: str = Field("", description="Further host names of the control room, by comma.")
    envoy: str = Field("", description="Path of an Envoy binary; empty: the one of the wheel.")
    heartbeat_url: str = Field("", description="Address that the watchdog calls while golive lives.")
    allow_private_webhooks: bool = Field(False, description="Let webhooks reach private addresses.")
    trusted_proxies: str = Field("", description="Proxies whose X-Forwarded-For is believed, by comma.")
    debug: bool = Field(False, description="Show tracebacks in the control room; never in production.")

    @property
    def sqlite(self) -> Path:
        return self.home / "state.sqlite3"

    @property
    def artifacts(self) -> Path:
        return self.home / "artifacts"

    @property
    def repositories(self) -> Path:
        return self.home / "repositories"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def edge(self) -> Path:
        return self.home / "edge"

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def backups(self) -> Path:
        return self.home / "backups"

    @property
    def gates(self) -> Path:
        return self.home / "gates"

    @property
    def url(self) -> str:
        """Address of the control room for people."""
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"

    def prepare(self) -> None:
        """Create the home directory and its parts, readable by its owner alone, as all that this process makes later."""
        os.umask(0o077)
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path in (
            self.artifacts,
            self.repositories,
            self.data,
            self.logs,
            self.run,
            self.edge,
            self.store,
            self.backups,
            self.gates,
        ):
            path.mkdir(exist_ok=True, mode=0o700)
        ignored = self.home / ".gitignore"
        if not ignored.exists():  # where home lies in a repository, `git add` must not take keys and data
            ignored.write_text("*\n")
            if ignored.stat().st_mode & 0o077:
                ignored.unlink()
                raise ConfigInvalid(
                    f"The file system of {self.home} keeps no permissions: its keys would be everybody's.",
                    hint="Set GOLIVE_HOME to a folder of Linux, such as ~/golive; in WSL one that is not below /mnt.",
                )

    def secret(self, name: str = "secret") -> str:
        """Return the secret of that name from `<home>/<name>.key` (0600), made on first use.

        The file is written whole under another name and linked into place, so two processes that ask
        at once get the same secret and none ever reads half of one.
        """
        path = self.home / f"{name}.key"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()


def home_is_named() -> bool:
    """Say whether GOLIVE_HOME names the home; else it is the directory's."""
    return "GOLIVE_HOME" in os.environ


@functools.cache
def settings() -> Settings:
    """Return the settings of this process, read from the environment on first use. Raises ConfigInvalid."""
    read = from_environment(Settings)
    return read.model_copy(update={"home": read.home.absolute()})


def from_environment(model: type[Model]) -> Model:
    """Return what the environment says now; each field of `model` is the variable `GOLIVE_<FIELD>`.

    Raises ConfigInvalid that names each variable with a value of the wrong kind.
    """
    values = {
        name: os.environ[f"GOLIVE_{name.upper()}"]
        for name in model.model_fields
        if f"GOLIVE_{name.upper()}" in os.environ
    }
    try:
        return model.model_validate(values)
    except ValidationError as error:
        wrong = [f"GOLIVE_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors()]
        raise ConfigInvalid("\n".join(wrong), hint="Correct the variable, or unset it.") from error
