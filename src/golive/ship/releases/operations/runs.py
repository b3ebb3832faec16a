"""Commands that a person runs in what is live: who, what, where, and how it ended, in the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from golive.kernel import audit
from golive.kernel.access.roles import Actor, Role, require
from golive.kernel.ids import new_id
from golive.kernel.problems import Invalid, NotFound
from golive.ship.releases.models import Release
from golive.ship.traffic import queries as sites

LONGEST = 2000  # characters of a command in the audit log


@dataclass(frozen=True)
class Run:
    """A command that may begin, in the release that most visitors are on."""

    id: str
    release: str
    version: str


def begin_run(*, by: Actor, service: str, environment: str, command: Sequence[str]) -> Run:
    """Note that a person begins a command in what serves. Raises Forbidden, Invalid, NotFound (nothing serves)."""
    require(by, Role.OPERATOR)
    if not command or not command[0]:
        raise Invalid("There is no command.", hint="Such as `golive run -- python manage.py check`.")
    site = sites.site(f"{service}/{environment}")
    row = Release.objects.filter(pk=site.serving).first() if site and site.serving else None
    if row is None:
        raise NotFound(f"Nothing of {service} serves in {environment}.", hint="Ship it first: `golive deploy`.")
    run = Run(new_id("run"), row.pk, row.version)
    facts = {
        "site": f"{service}/{environment}",
        "release": row.pk,
        "version": row.version,
        "command": " ".join(command)[:LONGEST],
    }
    with transaction.atomic():
        audit.record(actor=str(by), action="command.began", subject=run.id, facts=facts)
    return run


def end_run(*, by: Actor, run: str, exit_code: int) -> None:
    """Note how it ended. Raises Forbidden."""
    require(by, Role.OPERATOR)
    with transaction.atomic():
        audit.record(actor=str(by), action="command.ended", subject=run, facts={"exit_code": exit_code})
