"""From approved to the first user: APPROVED to WARM, one release at a time per site."""

from statistics import median
from typing import Final

from golive.kernel.durable import Outcome
from golive.kernel.ports import the
from golive.ship.judge.ports import Prober
from golive.ship.releases.domain.states import State
from golive.ship.releases.models import Release
from golive.ship.releases.workflows.answering import ask, not_yet, passed, told, why
from golive.ship.releases.workflows.prepare import LOCK_WAIT_S, behind, fail, make_way, overtaken, take_lock
from golive.ship.releases.workflows.steps import UNDECIDED
from golive.ship.releases.workflows.stopping import stoppable
from golive.ship.releases.workflows.turn import AT_ONCE, Turn
from golive.ship.services import queries as services
from golive.ship.traffic import operations as traffic
from golive.ship.traffic.domain import Replica

WARM_ROUNDS: Final = 12
WARM_S: Final = 20.0
WARM_LIMIT_S: Final = 10.0
LEVEL: Final = 0.85  # a round that is not this much faster than the best before it: it has levelled


def approved(turn: Turn) -> Outcome:
    """Take the site's lock, prove anew what is no proof any more, and back up what production has."""
    release = turn.release
    port = services.environment(release.service, release.environment).port
    site = turn.open_site(release.environment, port)
    waiting = take_lock(turn, site) or overtaken(turn) or _undecided(turn)
    if waiting:
        return waiting
    with stoppable(turn) as stop:
        proof = turn.target.prove(turn.subject, stop)
    anew = [str(gate["name"]) for gate in proof.gates if gate not in release.facts.get("gates", [])]
    if not proof.passed:
        sentence = f"Proofs had expired while it waited, and now the gates did not pass: {proof.why or 'no result'}."
        return fail(turn, "gates", sentence, {"gates": list(proof.gates)})
    done = turn.job.step("back up", lambda: vars(turn.target.back_up(turn.subject, release.environment)))
    facts = {"backup": done["facts"]} if done["done"] else {}
    late = behind(release)
    sentence = (
        "Production's data is backed up and the backup was restored once to prove it."
        if done["done"]
        else "There is no data to back up."
    )
    if anew:
        facts |= {"gates": list(proof.gates), "proved_again": anew}
        sentence = f"Passed again, for the proof had expired: {', '.join(anew)}. {sentence}"
    turn.move(State.BACKED_UP, "backed_up", f"{sentence} {late}".strip(), facts)
    return AT_ONCE


def _undecided(turn: Turn) -> Outcome | None:
    """Wait while the release that visitors were taken from makes way; nothing is backed up or migrated before."""
    before = Release.objects.filter(pk=turn.place().new).first()
    if before is None:
        return None
    if before.created_at > turn.release.created_at and before.state in UNDECIDED:
        return turn.wait_for(f"{before.version} was asked for later and is not decided yet.", LOCK_WAIT_S)
    return make_way(turn, before)


def backed_up(turn: Turn) -> Outcome:
    """Migrate, at most once."""
    facts = turn.job.once(
        "migrate production", lambda: turn.target.migrate(turn.subject, turn.release.environment).facts
    )
    ran = bool(facts.get("ran"))
    turn.move(
        State.MIGRATED,
        "migrated",
        "The database has the schema of this release." if ran else "There is nothing to migrate.",
        {"migration": facts | {"at": turn.now.isoformat()}},
    )
    return AT_ONCE


def migrated(turn: Turn) -> Outcome:
    """Boot the replicas and tell the edge about them; no user is sent there yet."""
    release, begin = turn.release, turn.job.monotonic()
    replicas = turn.target.boot(turn.subject, release.environment)
    seconds = round(turn.job.monotonic() - begin, 2)
    show(turn, replicas)
    turn.move(
        State.BOOTED,
        "booted",
        f"{len(replicas)} replicas were ready after {seconds:.1f} s.",
        {"boot_seconds": seconds, "replicas": len(replicas)},
    )
    return AT_ONCE


def show(turn: Turn, replicas: tuple[Replica, ...], release: Release | None = None) -> None:
    """Make a release's replicas known to the edge."""
    one = release or turn.release
    with turn.job.transaction():
        traffic.set_backend(site=turn.site, release=one.pk, replicas=replicas, at=turn.now)
    traffic.apply()


def booted(turn: Turn) -> Outcome:
    """Warm it up: the owner's probes and the home page, until they stop getting faster; it has to answer before and after."""
    release, replicas = turn.release, turn.place().backends.get(turn.release.pk, ())
    paths, host = turn.policy.warm[:1], turn.policy.host
    facts = dict[str, object]()
    asked = ask(replicas, paths, host)
    if passed(asked):
        facts = warm_up(turn, replicas)
        asked = ask(replicas, paths, host)
    waiting = not_yet(turn, release.environment, asked)
    if waiting:
        return waiting
    if not passed(asked):
        lines, problem = why(turn, asked)
        sentence = f"In {release.environment} {lines or 'a replica is missing after it was ready.'}"
        return fail(turn, "not_ready", sentence, facts | problem)
    each = f" on each of {len(replicas)} replicas" if len(replicas) > 1 else ""
    turn.move(State.WARM, "warm", f"{told(asked)}{each}; it is as fast as it gets, and users come next.", facts)
    return AT_ONCE


def warm_up(turn: Turn, replicas: tuple[Replica, ...]) -> dict[str, object]:
    """Ask until latency is level; golive never replays users' addresses."""
    begin, rounds = turn.job.monotonic(), list[float]()
    paths = tuple(dict.fromkeys([*turn.policy.warm, "/"]))
    while replicas and len(rounds) < WARM_ROUNDS and turn.job.monotonic() - begin < WARM_S:
        times = [
            the(Prober).ask(one.host, one.port, path, site_host=turn.policy.host, limit_s=WARM_LIMIT_S).ms
            for one in replicas
            for path in paths
        ]
        rounds.append(median(times))
        if len(rounds) > 2 and rounds[-1] >= LEVEL * min(rounds[:-1]):
            break
    return {
        "warm": {
            "rounds": len(rounds),
            "first_ms": round(rounds[0], 1) if rounds else None,
            "last_ms": round(rounds[-1], 1) if rounds else None,
        }
    }
