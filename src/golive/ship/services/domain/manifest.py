"""golive.toml as types: every key, its meaning, its default. The reference and the JSON Schema come from here."""

from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from golive.ship.services.domain.values import (
    AbsolutePath,
    Command,
    Domain,
    Duration,
    MailAddress,
    Name,
    RelativePath,
    UrlPath,
    UserName,
    Variable,
)

PRODUCTION, STAGING = "production", "staging"
Occasion = Literal["started", "approval", "full", "failed", "held", "rolled_back"]
OCCASIONS: tuple[Occasion, ...] = ("started", "approval", "full", "failed", "held", "rolled_back")


class Part(BaseModel):
    """A table of golive.toml: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Build(Part):
    """How the artifact is made from a checkout, once per revision."""

    commands: tuple[Command, ...] = ()
    """Shell commands, one after the other, in the checkout."""
    timeout: Duration = timedelta(minutes=15)
    """Longest time for all of them."""
    env: dict[Variable, str] = {}
    """Variables for the build; no secrets, they would end in the artifact."""


class Process(Part):
    """A process type: `web` answers HTTP on $PORT, every other name is a worker."""

    command: Command
    """Shell command that starts it; it listens on 127.0.0.1:$PORT when it is `web`."""
    replicas: int | None = Field(None, ge=1, le=64)
    """How many run at once. For `web` the environment's `replicas` comes first; without either 3 in production and 1 elsewhere, 1 for workers."""
    memory: int | None = Field(None, ge=16, le=1_048_576)
    """Ceiling in MiB of one replica."""


class Health(Part):
    """How a web process says that it can serve."""

    ready: UrlPath | None = None
    """Path that answers 2xx, within 6 seconds, when it can. Without it an open port counts; before users come, `probes` have to answer, or `/` where there are none."""
    timeout: Duration = timedelta(seconds=60)
    """Longest time from start to ready; without `ready`, from the open port to that answer too."""


class Database(Part):
    """The database, which is backed up before each release, in staging as in production."""

    migrate: Command | None = None
    """Shell command that brings the schema up to date, run once per release and environment."""
    sqlite: RelativePath | None = None
    """Path of a SQLite file, also under `keep`."""
    url: Variable | None = None
    """Variable that holds a postgresql:// address."""
    timeout: Duration = timedelta(minutes=30)
    """Longest time for the migration."""
    backup: bool = True
    """Back up before each release; turn it off only where something else does it better."""
    keep_backups: int = Field(10, ge=1, le=1000)
    """How many backups stay per environment."""

    @model_validator(mode="after")
    def _one_database(self) -> Self:
        if self.sqlite and self.url:
            raise ValueError("give `sqlite` or `url`, not both")
        return self


class Reads(Part):
    """What is read from a gate's result, beside its exit code."""

    coverage: RelativePath | None = None
    """coverage.xml, coverage.json or an lcov file that the gate writes."""
    minimum: float = Field(80, ge=0, le=100)
    """Least share of covered lines in percent."""
    audit: RelativePath | Literal["stdout"] | None = None
    """JSON of pip-audit or npm audit: a file, or "stdout"."""
    severity: Literal["low", "moderate", "high", "critical"] = "high"
    """From this severity on a known vulnerability fails the gate; unknown severities always do."""

    @model_validator(mode="after")
    def _one_reader(self) -> Self:
        if (self.coverage is None) == (self.audit is None):
            raise ValueError("give `coverage` or `audit`, exactly one of them")
        return self


class Gate(Part):
    """A command that has to succeed before a release may reach people."""

    name: Name
    """Name of the gate on every page."""
    command: Command
    """Shell command, run in a copy of what was built, with its .venv and node_modules first on PATH; exit code 0 passes."""
    timeout: Duration = timedelta(minutes=10)
    """Longest time; afterwards the gate is UNKNOWN, which is not a pass."""
    needs: tuple[Name, ...] = ()
    """Gates that have to pass first; all others run at the same time."""
    reads: Reads | None = None
    """A report of the gate that is judged too."""
    inputs: tuple[RelativePath, ...] = ()
    """Files and folders that matter to the gate: while they do not change its proof is used again; all when left out."""
    expires: Duration | None = None
    """How long a proof holds: 30 days when left out, one day for a dependency audit."""
    env: dict[Variable, str] = {}
    """Further variables of the command."""

    @property
    def life(self) -> timedelta:
        """How long a proof holds; new vulnerabilities become known every day."""
        audits = self.reads is not None and self.reads.audit is not None
        return self.expires or timedelta(days=1 if audits else 30)


class Step(Part):
    """A share of the visitors on the new release, and how long it is watched."""

    share: float = Field(gt=0, le=100)
    """Percent of the visitors."""
    at_least: Duration = timedelta(minutes=2)
    """Shortest stay."""
    at_most: Duration = timedelta(minutes=10)
    """Longest stay; then `on_inconclusive` decides."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.at_most < self.at_least:
            raise ValueError("`at_most` is shorter than `at_least`")
        return self

    @property
    def fraction(self) -> float:
        """The share as 0..1."""
        return self.share / 100


CANARY = (Step(share=10), Step(share=50), Step(share=100))
BLUE_GREEN = (Step(share=100),)


class Slo(Part):
    """What users accept."""

    errors: float = Field(1.0, ge=0, le=100)
    """Percent of failed requests; never judged below 1."""
    slow: Duration = timedelta(milliseconds=500)
    """A request longer than this is slow."""


NO_LIMIT = timedelta()
PER_TRY = timedelta(seconds=15)  # where the owner says nothing: what a new release that hangs costs a visitor


class SlowRoute(Part):
    """Other time limits for the paths under a prefix."""

    prefix: UrlPath
    """Beginning of the path."""
    timeout: Duration = timedelta(minutes=10)
    """Longest time for a request; "0s" for streams without end."""
    per_try_timeout: Duration = NO_LIMIT
    """Longest time for one try of a GET, as in the environment; "0s", when left out, for none."""

    @model_validator(mode="after")
    def _within(self) -> Self:
        _no_longer(self.per_try_timeout, self.timeout)
        return self


class Tls(Part):
    """TLS at the edge. Renewed files are taken within seconds; broken, expired or mismatching ones are refused."""

    certificate: AbsolutePath
    """PEM file with the certificate and its chain."""
    key: AbsolutePath
    """PEM file with the private key; not readable by everybody."""
    redirect_from: int | None = Field(None, ge=1, le=65535)
    """A second port, without TLS, from which everyone is sent to the one with TLS."""


class Environment(Part):
    """A place where releases run: staging before production."""

    port: int | None = Field(None, ge=1, le=65535)
    """Port of the edge; golive picks a free one when it is left out."""
    domains: tuple[Domain, ...] = ("*",)
    """Host names that are answered there; "*" answers all."""
    tls: Tls | None = None
    """Certificate and key of the edge; without it the port speaks plain HTTP."""
    approvals: int = Field(0, ge=0, le=10)
    """How many people have to approve before a release goes to production; counts there only."""
    approvals_expire: Duration = timedelta(days=7)
    """How long an approval may be given after it was asked for."""
    author_may_approve: bool = False
    """Count the word of who wrote or sent the release too, for people who work alone."""
    verify: tuple[Command, ...] = ()
    """Shell commands that have to succeed against the release, 5 minutes each; $GOLIVE_URL is its address. Run in staging only."""
    replicas: int | None = Field(None, ge=1, le=64)
    """Web replicas; 3 in production, 1 elsewhere."""
    env: dict[Variable, str] = {}
    """Variables of the processes."""
    secret: tuple[Variable, ...] = ()
    """Names whose values are read from .golive/secrets/<service>/<environment>.env."""
    strategy: Literal["canary", "bluegreen"] = "canary"
    """canary raises the share step by step, bluegreen moves everyone at once."""
    steps: tuple[Step, ...] | None = None
    """The steps of a canary, in production. When left out: 10, 50 and 100 percent; 50 and 100 below 5 requests a second, where a tenth proves nothing; 100 at once while nobody comes."""
    on_inconclusive: Literal["promote", "ask"] = "promote"
    """What happens at `at_most` when the traffic was too thin to tell."""
    slo: Slo = Slo()
    """What users accept."""
    probes: tuple[UrlPath, ...] = ()
    """Paths that golive may call on both releases to settle a suspicion; GET, without side effects."""
    slow_routes: tuple[SlowRoute, ...] = ()
    """Paths with other time limits."""
    timeout: Duration = timedelta(seconds=60)
    """Longest time for a request, with all its tries; "0s" for none."""
    per_try_timeout: Duration | None = None
    """Longest time for one try of a GET (HEAD, OPTIONS); then it is given up and the app asked again, elsewhere if it can be, up to three times within `timeout`. "0s" for none. When left out: none where `timeout` is given, else 15 seconds."""
    max_body: int = Field(10, ge=0, le=4095)
    """Largest request body in MiB, up to 4095; 0 for no limit."""
    security_headers: bool = True
    """Add security headers where the app sends none."""
    csp: str | None = Field(None, max_length=8000)
    """Content-Security-Policy to send where the app sends none."""
    rate_limit: int | None = Field(None, ge=1, le=1_000_000_000)
    """Requests per minute and client address; off when left out."""
    traces: float = Field(100.0, ge=0, le=100)
    """Percent of the requests whose trace is recorded; the edge decides, the app goes along."""
    hold_back: float = Field(3.0, ge=0, le=20)
    """Percent of visitors that stay on the old release during the first hour; 0 for services that cannot."""
    watch: tuple[Duration, Duration, Duration] = (
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=24),
    )
    """How long after 100 percent the three stages of the watch last; the old release stays warm until the second ends."""

    @model_validator(mode="after")
    def _rising(self) -> Self:
        shares = [step.share for step in self.steps or ()]
        if self.steps is not None and not shares:
            raise ValueError("`steps` needs at least one step")
        if sorted(self.watch) != list(self.watch):
            raise ValueError("the times of `watch` have to rise")
        if any(later <= earlier for earlier, later in pairwise(shares)):
            raise ValueError("the shares of `steps` have to rise")
        _no_longer(self.try_limit, self.timeout)
        return self

    @property
    def try_limit(self) -> timedelta:
        """How long one try of a GET may take. Whoever gives a `timeout` wants what takes as long answered, by one run."""
        if self.per_try_timeout is not None:
            return self.per_try_timeout
        return NO_LIMIT if "timeout" in self.model_fields_set else PER_TRY

    @property
    def plan(self) -> tuple[Step, ...]:
        """The steps in force; the last one is always 100 percent."""
        if self.strategy == "bluegreen":
            return BLUE_GREEN
        steps = self.steps or CANARY
        return steps if steps[-1].share == 100 else (*steps, Step(share=100))


class Notify(Part):
    """Who hears of releases, beside the people who wrote, sent and may approve them."""

    people: tuple[MailAddress, ...] = ()
    """Mail addresses of the others who want to know."""
    on: tuple[Occasion, ...] = OCCASIONS
    """What anybody hears of; `[]` for nothing."""


class Manifest(Part):
    """All that golive has to know about a service."""

    service: Name
    """Name of the service, unique in this golive."""
    run_as: UserName | None = None
    """User of the machine as whom all that is the service's runs; needs a golive of root. Else golive's own user."""
    keep: tuple[RelativePath, ...] = ()
    """Files and folders (with a trailing slash) that live once per environment, outside the releases. What is written elsewhere goes with its release; golive says so."""
    build: Build = Build()
    """How the artifact is made."""
    processes: dict[Name, Process]
    """What runs, by process type; `web`, by which releases are judged, is among them."""
    health: Health = Health()
    """How a web process says that it can serve."""
    database: Database | None = None
    """The database, when there is one."""
    gates: tuple[Gate, ...] = ()
    """What has to succeed before a release may reach people."""
    notify: Notify = Notify()
    """Who hears of releases."""
    environments: dict[Name, Environment] = {}
    """Where releases run: staging first, then production; both are there in any case, and no release goes to another one yet."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.processes:
            raise ValueError("`processes` needs at least one process, such as [processes.web]")
        names = [gate.name for gate in self.gates]
        _once_each(names, "gate")
        _no_circle({gate.name: gate.needs for gate in self.gates})
        _once_each([path.rstrip("/") for path in self.keep], "kept path")
        if self.database and self.database.sqlite and not self.keeps(self.database.sqlite):
            raise ValueError(f"`keep` has to hold the database {self.database.sqlite!r}")
        return self

    def environment(self, name: str) -> Environment:
        """Return an environment; one that the file does not mention has the defaults."""
        return self.environments.get(name, Environment())

    @property
    def environment_names(self) -> tuple[str, ...]:
        """Staging first, then others by name, production last."""
        others = sorted(set(self.environments) - {STAGING, PRODUCTION})
        return (STAGING, *others, PRODUCTION)

    @property
    def workers(self) -> tuple[str, ...]:
        """Names of the process types that are no web processes."""
        return tuple(name for name in self.processes if name != "web")

    def replicas(self, environment: str, process: str) -> int:
        """Return how many replicas of a process type run in an environment."""
        own = self.processes[process].replicas
        if process != "web":
            return own or 1
        return self.environment(environment).replicas or own or (3 if environment == PRODUCTION else 1)

    def keeps(self, path: str) -> bool:
        """Say whether a path lives outside the releases."""
        return any(path == kept.rstrip("/") or path.startswith(f"{kept.rstrip('/')}/") for kept in self.keep)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of golive.toml, for editors."""
    schema = Manifest.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "golive.toml",
    }


def _no_longer(one_try: timedelta, whole: timedelta) -> None:
    if NO_LIMIT < whole < one_try:
        raise ValueError("`per_try_timeout` is longer than `timeout`, which ends the request before")


def _once_each(names: list[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"there are two {what}s named {', '.join(twice)}")


def _no_circle(needs: dict[str, tuple[str, ...]]) -> None:
    unknown = sorted({need for those in needs.values() for need in those} - set(needs))
    if unknown:
        raise ValueError(f"`needs` names no gate: {', '.join(unknown)}")
    left = dict(needs)
    while left:
        free = [name for name, those in left.items() if not set(those) & set(left)]
        if not free:
            raise ValueError(f"gates need each other in a circle: {', '.join(sorted(left))}")
        for name in free:
            del left[name]
