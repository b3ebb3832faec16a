"""Asking a release's own replicas, before any user comes, whether they answer HTTP as they should.

An open port is no answer: servers open theirs before they load the app. Where the owner names no path the home page is
asked, and all but a server's error counts: an API has no such page, others send people to log in there.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from golive.kernel.durable import Outcome
from golive.kernel.ports import the
from golive.ship.judge.ports import Prober
from golive.ship.releases.ports import Check
from golive.ship.releases.workflows.turn import Turn
from golive.ship.traffic.domain import Replica

HOME: Final = "/"
LIMIT_S: Final = 10.0
PAUSE_S: Final = 0.5
MOST: Final = 3  # answers that a sentence names
NAME_ONE: Final = 'Mend it. If / is not meant to answer, name a path that does by 2xx: `ready = "/path"` under [health] in golive.toml.'
Asked = Sequence[tuple[Replica, Check]]


def ask(replicas: Sequence[Replica], paths: Sequence[str], host: str) -> Asked:
    """Ask every replica for each path, where 2xx and 3xx pass; without a path for the home page, where all but 5xx does."""
    return [(one, _ask(one, path, host, home=not paths)) for path in paths or (HOME,) for one in replicas]


def passed(asked: Asked) -> bool:
    """Say whether replicas were asked and all of them answered well."""
    return bool(asked) and all(check.passed for _, check in asked)


def told(asked: Asked) -> str:
    """Return what was asked and answered, each different answer once."""
    words = list(dict.fromkeys(f"{check.name} {check.detail}" for _, check in asked))
    more = f" and {len(words) - MOST} more" if len(words) > MOST else ""
    return f"{', '.join(words[:MOST])}{more}"


def not_yet(turn: Turn, environment: str, asked: Asked) -> Outcome | None:
    """Wait while what does not answer may still be loading; None when all is well, or there is no hope any more.

    A release that has said that it is ready has loaded. What crashes again and again is not waited for.
    """
    release, limit = turn.release, turn.policy.startup
    if passed(asked) or not asked or turn.now >= release.entered_at + timedelta(seconds=limit):
        return None
    if any(kind == "crash_loop" for _, kind in turn.target.faults(release.pk, environment, at_once=True)):
        return None
    bad = [(one, check) for one, check in asked if not check.passed]
    return turn.wait_for(f"{told(bad)} in {environment}; it is asked again, for up to {limit:.0f} s.", PAUSE_S)


def why(turn: Turn, asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return what did not answer with the end of its log and the way on, as lines and as facts."""
    bad = [(one, check) for one, check in asked if not check.passed]
    if not bad:
        return "", {}
    tail = turn.target.tail(turn.subject, bad[0][0].id)
    hint = NAME_ONE if bad[0][1].name == f"GET {HOME}" else ""
    return "\n".join(filter(None, [f"{told(bad)}.", tail, hint])), {"problem": {"tail": tail}}


def _ask(replica: Replica, path: str, host: str, *, home: bool) -> Check:
    status = the(Prober).ask(replica.host, replica.port, path, site_host=host, limit_s=LIMIT_S).status
    said = f"answered {status}" if status else "did not answer"
    return Check(f"GET {path}", 100 <= status < 500 if home else 200 <= status < 400, said)
