"""What a fresh golive shows instead of services: the few steps to the first release and to the first page."""

from __future__ import annotations

from golive.kernel.access import queries as access
from golive.kernel.ui.parts import Step
from golive.respond.channels import queries as channels
from golive.respond.oncall import queries as oncall
from golive.ship.releases.queries import ReleaseView


def read(newest: ReleaseView | None) -> list[Step]:
    """Return the steps, with those that are done marked; `newest` is the release that is to be the first to serve."""
    return first_steps(
        newest,
        channels=len(channels.channels()),
        on_call=len(oncall.current().level1),
        people=len(access.people()),
    )


def first_steps(newest: ReleaseView | None, *, channels: int, on_call: int, people: int) -> list[Step]:
    """Return the steps, given the newest release and how many channels, people on call and people there are."""
    return [
        _ship(newest),
        Step(
            "Be reachable",
            "When golive rolls a release back it tells a person, by mail, Slack, PagerDuty or a webhook.",
            verb="Add a channel",
            path="/channels",
            done=channels > 0,
        ),
        Step(
            "Say who is on call",
            "Level 1 is asked at once, level 2 when nobody answers.",
            verb="Put someone on call",
            path="/oncall",
            done=on_call > 0,
        ),
        Step(
            "Bring a second pair of eyes",
            "Where a release needs an approval, its author cannot give it.",
            verb="Add a person",
            path="/people",
            done=people > 1,
        ),
    ]


def _ship(newest: ReleaseView | None) -> Step:
    if newest is None:
        return Step(
            "Ship your first app",
            "In the repository of a web app, on this machine: the first command looks at it and writes a golive.toml of a few lines, the "
            "second takes it to production.",
            "golive init && golive deploy",
        )
    return Step(
        "Your first app is on its way" if newest.open else "Your first app is not live yet",
        f"{newest.service} {newest.version}: {newest.sentence}",
        verb="Watch it" if newest.open else "See why",
        path=f"/releases/{newest.id}",
    )
