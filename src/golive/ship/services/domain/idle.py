"""What golive.toml says in vain: keys that can do nothing where they stand, services that could never ship.

Whoever wrote one expects something of it.
"""

import difflib
from collections.abc import Iterator
from typing import Final

from golive.ship.services.domain.manifest import PRODUCTION, STAGING, Environment, Gate, Manifest, Part

Idle = tuple[tuple[str | int, ...], str]  # the path of a key, and why it does nothing with what to do instead

SAYS_NOTHING_NEW: Final = {"approvals": 0, "hold_back": 0.0}  # what holds wherever these keys do not count
ON_THE_WAY_TO_PRODUCTION: Final = (
    "approvals",
    "approvals_expire",
    "author_may_approve",
    "strategy",
    "steps",
    "on_inconclusive",
    "hold_back",
    "watch",
)
WEB: Final = (
    "a release is judged by what answers HTTP on $PORT: name one of them so, or add one that tells how they are"
)
WITHOUT_RELEASES: Final = {"port", "domains"}  # they reserve an address


def idle_keys(manifest: Manifest) -> Iterator[Idle]:
    """Yield each key that can have no effect, and processes of which none is `web`.

    A switch that is off leaves what belongs to it in place.
    """
    if "web" not in manifest.processes:
        yield ("processes",), f"none of {', '.join(sorted(manifest.processes))} is `web`; {WEB}"
    if not manifest.build.commands:
        yield from _each(("build",), manifest.build, {"timeout", "env"}, "counts for `commands`, and there are none")
    yield from _database(manifest)
    for number, gate in enumerate(manifest.gates):
        yield from _gate(number, gate)
    for name, place in manifest.environments.items():
        yield from _environment(manifest, name, place)


def _database(manifest: Manifest) -> Iterator[Idle]:
    database = manifest.database
    if database is None:
        return
    if database.migrate is None:
        yield from _each(("database",), database, {"timeout"}, "counts for `migrate`, and there is none")
    if not (database.sqlite or database.url):
        why = "counts for the database that `sqlite` or `url` names; add one of them, or leave it out"
        yield from _each(("database",), database, {"backup", "keep_backups"}, why)


def _gate(number: int, gate: Gate) -> Iterator[Idle]:
    if gate.reads is None:
        return
    path = ("gates", number, "reads")
    if gate.reads.coverage is None:
        yield from _each(path, gate.reads, {"minimum"}, "counts for `coverage`, and this gate reads `audit`")
    else:
        yield from _each(path, gate.reads, {"severity"}, "counts for `audit`, and this gate reads `coverage`")


def _environment(manifest: Manifest, name: str, place: Environment) -> Iterator[Idle]:
    path = ("environments", name)
    if name == STAGING:
        why = f"counts for production only; move it to [environments.{PRODUCTION}], or leave it out"
        yield from _each(path, place, set(ON_THE_WAY_TO_PRODUCTION), why)
    elif name == PRODUCTION:
        why = f"runs in staging only; move it to [environments.{STAGING}], or leave it out"
        yield from _each(path, place, {"verify"}, why)
        yield from _production(path, place)
    else:
        keys = set(Environment.model_fields) - WITHOUT_RELEASES
        if manifest.database and manifest.database.url:
            keys -= {"env", "secret"}  # a backup of its database reads them
        yield from _each(path, place, keys, f"does nothing, for no release goes to {name} yet; {_meant(name)}")


def _production(path: tuple[str, ...], place: Environment) -> Iterator[Idle]:
    if "approvals" not in place.model_fields_set:
        why = "counts where somebody has to approve; add `approvals = 1`, or leave it out"
        yield from _each(path, place, {"approvals_expire", "author_may_approve"}, why)
    if place.strategy == "bluegreen":
        why = 'counts for strategy = "canary", and this is "bluegreen"; leave one of the two out'
        yield from _each(path, place, {"steps", "hold_back"}, why)
        return
    for step in place.steps or ():
        lengths = sorted({"at_least", "at_most"} & step.model_fields_set)
        if step.share == 100 and lengths:
            named = " and ".join(f"`{key}`" for key in lengths)
            yield (
                (*path, "steps"),
                f"{named} of the step of 100 percent: `watch` says how long that lasts; leave it out",
            )


def _each(path: tuple[str | int, ...], part: Part, keys: set[str], why: str) -> Iterator[Idle]:
    for key in sorted(keys & part.model_fields_set):
        if key not in SAYS_NOTHING_NEW or getattr(part, key) != SAYS_NOTHING_NEW[key]:
            yield (*path, key), why


def _meant(name: str) -> str:
    near = difflib.get_close_matches(name, (PRODUCTION, STAGING), n=1, cutoff=0.5)
    return f"did you mean [environments.{near[0]}]?" if near else "leave it out"
