"""The API client of the command line: one token, one error shape, no other way in."""

import json
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr

from golive.cli import elsewhere
from golive.cli.caller import Caller, caller, is_loopback
from golive.kernel.config import Settings
from golive.kernel.problems import Problem

AWAY_S, PAUSE_S = 60.0, 0.5
UNHURRIED = httpx.Timeout(10, read=None)  # for what takes as long as a database is large
PATIENCE = httpx.Timeout(10, read=150)  # seconds; a pull may have to start the release before, which takes up to 120


class NotReachable(Problem):
    """The control room does not answer."""

    slug: ClassVar[str] = "not-reachable"
    title: ClassVar[str] = "golive does not answer"
    status: ClassVar[int] = 503
    exit_code: ClassVar[int] = 6


class Refused(Problem):
    """The API answered with a problem; title, detail and hint are its own."""


class Client:
    """Calls the API of the golive that GOLIVE_SERVER names, else of this directory's, or of the only one that runs here.

    With a `config` it is that golive of this machine, whatever the variables say, and a `token` tells whose word it is.
    """

    def __init__(self, config: Settings | None = None, *, token: SecretStr | None = None) -> None:
        self._config = config
        self._caller = Caller(token=token) if config else caller()
        self.is_elsewhere = bool(self._caller.server)

    @cached_property
    def _http(self) -> httpx.Client:
        address = httpx.URL(self._address)
        return httpx.Client(
            base_url=f"{self._address}/api/v1",
            headers={"Authorization": f"Bearer {self._secret}", "Accept": "application/json"},
            timeout=PATIENCE,
            # A proxy must not read the token, and none leads to this machine.
            trust_env=address.scheme == "https" and not is_loopback(address.host),
        )

    @cached_property
    def _address(self) -> str:
        """Where the control room answers; checked where GOLIVE_TOKEN is going to be sent there."""
        local = "" if self.is_elsewhere else f"http://{self._here.host}:{self._here.port}"
        given = self.is_elsewhere or self._caller.token is not None
        return self._caller.check(self._caller.server or local) if given else local

    @cached_property
    def _secret(self) -> str:
        return self._caller.secret or _token(self._here.home)

    @cached_property
    def _here(self) -> Settings:
        return self._config or elsewhere.meant()

    @property
    def url(self) -> str:
        """Address of the control room for people."""
        return self._address if self.is_elsewhere else self._here.url

    @property
    def run(self) -> Path:
        """Where golive keeps what lasts as long as it runs; not of one elsewhere."""
        return self._here.run

    def get(self, path: str, **query: Any) -> Any:
        """GET; raises Refused, NotReachable."""
        return self.call("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: Any = None, *, timeout: httpx.Timeout = PATIENCE) -> Any:
        """POST a JSON body; raises Refused, NotReachable."""
        return self.call("POST", path, json=body if body is not None else {}, timeout=timeout)

    def get_patiently(self, path: str) -> Any:
        """GET, and wait for a minute when the control room or its database is away: both come back by themselves."""
        end = time.monotonic() + AWAY_S
        while True:
            try:
                return self.get(path)
            except (NotReachable, Refused) as problem:
                if problem.status != NotReachable.status or time.monotonic() > end:
                    raise
            time.sleep(PAUSE_S)  # noqa: TID251  nothing tells when it is back

    def engine_is_down(self) -> bool:
        """Say whether nobody carries out now what is asked; False when that cannot be known."""
        try:
            return bool(self._http.get(f"{self._address}/api/health").json()["checks"]["engine"] == "down")
        except (httpx.TransportError, ValueError, KeyError):
            return False

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """Make one call and return the decoded answer; raises Refused, NotReachable."""
        try:
            answer = self._http.request(method, path, **arguments)
        except httpx.ReadTimeout as error:
            raise NotReachable(
                f"The control room has not answered {method} {path} in time; it may still be at it.",
                hint="Look with `golive status` before you ask again.",
            ) from error
        except httpx.TransportError as error:
            raise NotReachable(
                f"The control room at {self._http.base_url} does not answer: {error}.",
                hint="Check GOLIVE_SERVER and the way there: tunnel, proxy, certificate."
                if self.is_elsewhere
                else "Start it with `golive up` in the directory where you did before.",
            ) from error
        if answer.status_code >= 400:
            raise _problem(answer)
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise NotReachable(
                f"Something else than golive answers at {self._http.base_url}.",
                hint=f"Set {'GOLIVE_SERVER to the address' if self.is_elsewhere else 'GOLIVE_PORT to the port'} "
                "of your control room.",
            ) from error

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield events as they happen, for ever; raises NotReachable when the stream breaks."""
        try:
            with self._http.stream("GET", "/events/stream", timeout=httpx.Timeout(10, read=40)) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise _problem(answer)
                for line in answer.iter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line[6:])
        except httpx.TransportError as error:
            raise NotReachable(f"The live stream broke off: {error}.", hint="Run the command again.") from error


def _token(home: Path) -> str:
    path = home / "token"
    if not path.exists():
        raise NotReachable(
            f"There is no golive in {home}.",
            hint=elsewhere.advice(elsewhere.running()),
        )
    return path.read_text().strip()


def _problem(answer: httpx.Response) -> Problem:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    problem = Refused(str(body.get("detail", answer.text[:300])), hint=str(body.get("hint", "")))
    problem.__dict__["title"] = str(body.get("title", f"HTTP {answer.status_code}"))
    problem.__dict__["exit_code"] = body.get("exit_code", Refused.exit_code)
    problem.__dict__["status"] = answer.status_code
    return problem
