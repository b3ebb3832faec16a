"""Buttons of a release: what each verb will do is said before it is done.  mission: SHIP-6."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from golive.kernel.access.roles import Actor, Role
from golive.kernel.ui import words
from golive.kernel.ui.parts import Act, Consequence
from golive.ship.releases.domain.states import State
from golive.ship.releases.domain.verbs import NEEDS_APPROVER, Verb
from golive.ship.releases.operations import RollbackPlan
from golive.ship.releases.queries import ReleaseView

ORDER = (
    Verb.HOLD,
    Verb.CANCEL,
    Verb.REJECT,
    Verb.AGAIN,
    Verb.HAPPENED,
    Verb.PULL,
    Verb.RESUME,
    Verb.PROMOTE,
    Verb.APPROVE,
    Verb.ROLLBACK,
)
STAYS = Consequence("Database", "Stays as it is")
MAIN = (Verb.APPROVE, Verb.ROLLBACK, Verb.RESUME)


@dataclass(frozen=True)
class Scene:
    """Who looks at which release; `old` is the version before it, `plan` what a rollback would do now, None when it cannot."""

    release: ReleaseView
    old: str
    by: Actor
    plan: RollbackPlan | None = None
    authors: Sequence[str] = ()
    evidence: str = ""


def acts(scene: Scene) -> list[Act]:
    """The buttons, the main one last; those the role does not allow are not shown."""
    allowed = [verb for verb in ORDER if verb in scene.release.verbs and _may(scene, verb)]
    shown = [act for act in (_act(scene, verb) for verb in allowed) if act is not None]
    main = next((verb for verb in MAIN if any(act.key == verb.value for act in shown)), None)
    marked = [_marked(act) if main and act.key == main.value else act for act in shown]
    return sorted(marked, key=lambda act: act.main)


def _may(scene: Scene, verb: Verb) -> bool:
    return scene.by.role >= (Role.APPROVER if verb in NEEDS_APPROVER else Role.OPERATOR)


def _marked(act: Act) -> Act:
    return Act(**{**vars(act), "main": True})


def _act(scene: Scene, verb: Verb) -> Act | None:
    return _MAKERS[verb](scene, f"/releases/{scene.release.id}/{verb.value}")


def _old(scene: Scene) -> str:
    return scene.old or "the release before"


def _reject(scene: Scene, path: str) -> Act:
    says = f"It ends here; {_old(scene)} serves on. A fix is a new release."
    return Act(
        "reject",
        "Reject",
        path,
        question=f"Reject {scene.release.version}?",
        says=says,
        keep="Not yet",
        fields=_digest(scene.release),
    )


def _pull(scene: Scene, path: str) -> Act:
    new = scene.release.version
    then = (
        Consequence("Will serve", f"{_old(scene)} at 100 %, in under a second"),
        STAYS,
        Consequence("Then", "Both releases are checked; nobody is blamed yet"),
        Consequence("Undo", "Resume gives it traffic again"),
    )
    return Act(
        "pull",
        f"Pull {new}",
        path,
        danger=True,
        question=f"Pull {new} out of traffic?",
        says="Reversible, and nobody is disconnected.",
        consequences=then,
        keep=f"Keep serving {words.percent(scene.release.share)}",
    )


def _hold(scene: Scene, path: str) -> Act:
    return Act("hold", f"Hold at {words.percent(scene.release.share)}", path)


def _promote(scene: Scene, path: str) -> Act:
    new, after = scene.release.version, _next_share(scene.release)
    then = (
        Consequence("Will serve", f"{new} to {after} of the visitors, {_old(scene)} to the rest"),
        STAYS,
        Consequence("Undo", f"Pull {new}, in under a second"),
    )
    return Act(
        "promote",
        f"Go to {after} now",
        path,
        question=f"Send {after} to {new} now?",
        says="The judge goes on watching.",
        consequences=then,
        keep="Wait for the judge",
        fields=(("step", str(scene.release.step)),),
    )


def _resume(scene: Scene, path: str) -> Act:
    new = scene.release.version
    if scene.release.state == State.STEP:
        return Act("resume", "Let it go on", path)
    then = (
        Consequence("Will serve", f"{new} at a small share, with fresh processes"),
        STAYS,
        Consequence("Undo", f"Pull {new}"),
    )
    return Act(
        "resume",
        f"Resume {new}",
        path,
        question=f"Give {new} traffic again?",
        consequences=then,
        keep="Not yet",
    )


def _cancel(scene: Scene, path: str) -> Act:
    new = scene.release.version
    then = (
        Consequence("Will serve", f"{_old(scene)}, as now"),
        STAYS,
        Consequence("Undo", "Deploy it again"),
    )
    return Act(
        "cancel",
        f"Stop {new}",
        path,
        question=f"Stop {new} before anyone sees it?",
        consequences=then,
        keep="Let it go on",
    )


def _approve(scene: Scene, path: str) -> Act:
    release = scene.release
    own = scene.by.email in scene.authors
    then = (
        Consequence("Goes to", f"{release.environment}, first to a small share, judged by its own traffic"),
        Consequence("Digest", release.digest[:16] or "not built"),
        *([Consequence("Proofs", scene.evidence)] if scene.evidence else []),
    )
    return Act(
        "approve",
        f"Approve {release.version}",
        path,
        main=True,
        question=f"Let {release.version} go to {release.environment}?",
        says="You put your name to exactly this digest and its proofs.",
        consequences=then,
        keep="Not yet",
        fields=_digest(release),
        refused="You wrote it; someone else approves" if own else "",
    )


def _digest(release: ReleaseView) -> tuple[tuple[str, str], ...]:
    return (("digest", release.digest),)


def _roll_back(scene: Scene, path: str) -> Act | None:
    plan = scene.plan
    if plan is None or plan.target == plan.present:
        return None
    speed = "in under a second" if plan.warm else "once it has started"
    then = (
        Consequence("Will serve", f"{plan.target_version} at 100 %, {speed}, watched"),
        Consequence("Database", plan.database),
        Consequence("Undo", f"Deploy {scene.release.version} again"),
    )
    return Act(
        "rollback",
        f"Roll back to {plan.target_version}",
        path,
        question=f"Roll back to {plan.target_version}?",
        consequences=then,
        keep=f"Keep {scene.release.version}",
        fields=(("to", plan.target),),
    )


def _next_share(release: ReleaseView) -> str:
    after = release.step + 1
    return words.percent(float(release.steps[after]["share"])) if after < len(release.steps) else words.percent(1.0)


def _happened(scene: Scene, path: str) -> Act:
    step = _step(scene)
    return Act(
        "happened",
        f"It happened: go on after {step}",
        path,
        question=f"Did {step} really finish?",
        says="golive was stopped while it ran and does not know. Look at the database first: it is not run again.",
        keep="Look first",
    )


def _again(scene: Scene, path: str) -> Act:
    step = _step(scene)
    return Act(
        "again",
        f"Run {step} again",
        path,
        question=f"Run {step} once more?",
        says="Only if it did not happen, or may safely happen twice.",
        keep="Look first",
    )


def _step(scene: Scene) -> str:
    return scene.release.question.removeprefix("step ") or "the step"


_MAKERS: dict[Verb, Callable[[Scene, str], Act | None]] = {
    Verb.APPROVE: _approve,
    Verb.REJECT: _reject,
    Verb.ROLLBACK: _roll_back,
    Verb.PULL: _pull,
    Verb.HOLD: _hold,
    Verb.PROMOTE: _promote,
    Verb.RESUME: _resume,
    Verb.CANCEL: _cancel,
    Verb.HAPPENED: _happened,
    Verb.AGAIN: _again,
}
