"""The place where releases run, in memory: does what it is told, fails where it is told to, counts everything."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from golive.kernel.problems import Problem
from golive.ship.commands.domain import Stop
from golive.ship.judge.ports import Answer
from golive.ship.releases.ports import Built, Check, Facts, Proof, Subject
from golive.ship.traffic.domain import Replica


class Killed(BaseException):
    """The process died here: no handler of exceptions sees it."""


@dataclass
class FakeTarget:
    """`fails` maps a call ("build", "boot production", ...) to a problem; `dies` is the call at which the process dies."""

    fails: dict[str, Problem] = field(default_factory=dict)
    dies: str = ""
    gates_pass: bool = True
    gate_seconds: float = 1.0
    checks: tuple[Check, ...] = ()
    has_database: bool = True
    calls: list[str] = field(default_factory=list)
    running: dict[tuple[str, str], tuple[Replica, ...]] = field(default_factory=dict)
    workers: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    said: str = ""
    elsewhere: dict[str, list[str]] = field(default_factory=dict)
    replicas: int = 2
    _port: int = 40000

    def _call(self, what: str, *, late: bool = False) -> None:
        name = f"{what} done" if late else what
        self.calls.append(name)
        if self.dies == name:
            self.dies = ""
            raise Killed(name)
        if name in self.fails:
            raise self.fails[name]

    def count(self, what: str) -> int:
        return Counter(self.calls)[what]

    def build(self, subject: Subject, stop: Stop) -> Built:
        self._call("build")
        return Built(f"d{subject.revision[:12]}", 1.0, reused=False)

    def prove(self, subject: Subject, stop: Stop) -> Proof:
        self._call("prove")
        gate = {
            "name": "unit",
            "state": "PASS" if self.gates_pass else "FAIL",
            "seconds": self.gate_seconds,
            "reused": False,
            "why": "",
        }
        return Proof(self.gates_pass, (gate,), "" if self.gates_pass else "unit: exit code 1")

    def boot(self, subject: Subject, environment: str) -> tuple[Replica, ...]:
        self._call(f"boot {environment}")
        key = (subject.id, environment)
        if key not in self.running:
            found = []
            for n in range(self.replicas if environment == "production" else 1):
                self._port += 1
                found.append(Replica(f"{subject.id}-{environment}-web-{n}", "127.0.0.1", self._port))
            self.running[key] = tuple(found)
        return self.running[key]

    def ensure(self, subject: Subject, environment: str) -> tuple[Replica, ...]:
        return self.running.get((subject.id, environment), ())

    def verify(self, subject: Subject, environment: str, address: str, stop: Stop) -> tuple[Check, ...]:
        self._call("verify")
        return self.checks

    def start_workers(self, subject: Subject, environment: str) -> None:
        self._call(f"workers {environment}")
        self.workers[environment] = subject.id

    def back_up(self, subject: Subject, environment: str) -> Facts:
        self._call(f"back up {environment}")
        return Facts(self.has_database, {"backup": f"before {subject.version}"} if self.has_database else {})

    def migrate(self, subject: Subject, environment: str) -> Facts:
        self._call(f"migrate {environment}")
        self._call(f"migrate {environment}", late=True)
        return Facts(True, {"ran": True, "seconds": 0.1, "schema_changed": False})

    def stop(self, release: str, environment: str, *, grace_s: float) -> None:
        self._call(f"stop {environment}")
        self.running.pop((release, environment), None)

    def clear_away(self, subject: Subject, why: str) -> bool:
        self._call("clear away")
        return True

    def faults(self, release: str, environment: str, *, at_once: bool = False) -> list[tuple[str, str]]:
        return self.wrong.get(release, [])

    def tail(self, subject: Subject, replica: str) -> str:
        return self.said

    def written_elsewhere(self, release: str, environment: str) -> list[str]:
        return self.elsewhere.get(environment, [])

    def rollback_means(self, service: str, environment: str, old: str, new: str) -> str:
        return "The database stays as it is."


@dataclass
class FakeProber:
    """Answers 200 quickly, or what it `says` to a port and a path; `bad` are ports that answer 500."""

    bad: set[int] = field(default_factory=set)
    says: Callable[[int, str], int] = lambda _port, _path: 200
    asked: list[tuple[int, str]] = field(default_factory=list)

    def ask(self, host: str, port: int, path: str, *, site_host: str, limit_s: float) -> Answer:
        self.asked.append((port, path))
        return Answer(500 if port in self.bad else self.says(port, path), 3.0)
