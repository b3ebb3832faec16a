"""A person's command in a release that runs here, on the person's own terminal: `golive run`."""

import functools
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import django

from golive.adapters.command.minder import become
from golive.kernel.problems import NotFound

NOT_FOUND = 127  # as a shell says it


class NoSuchCommand(NotFound):
    """The program is neither in the artifact nor on the machine."""

    slug = "no-such-command"
    title = "There is no such command"
    exit_code = NOT_FOUND


def surroundings(release: str, environment: str) -> tuple[Path, dict[str, str], str | None]:
    """Return folder, environment and user of a release that serves here, kept data linked and secrets set.

    Raises NotFound (another golive's release), SecretMissing, SiteFailed, RunAsRefused.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "golive.runtime.settings")
    django.setup()
    from golive.runtime import wiring
    from golive.ship.releases.models import Release
    from golive.ship.releases.workflows.local import LocalTarget
    from golive.ship.releases.workflows.turn import subject_of

    wiring.bind_all()
    row = Release.objects.filter(pk=release).first()
    if row is None:
        raise NotFound(
            f"The state of this directory knows no release {release}.",
            hint="Run the command on the machine and in the directory of that golive.",
        )
    return LocalTarget().surroundings(subject_of(row), environment)


def attach(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    run_as: str | None = None,
) -> int:
    """Run a command with this process's own input and output and return its exit code, 128 + n for signal n.

    Ctrl-C reaches the command, which decides what it means. Raises NoSuchCommand.
    """
    try:
        child = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            preexec_fn=functools.partial(become, run_as),  # noqa: PLW1509  this process has no other thread
        )
    except (FileNotFoundError, PermissionError) as error:
        raise NoSuchCommand(
            f"{command[0]} cannot be run in {folder}: {error.strerror}.",
            hint="What a shell does itself (pipes, variables) needs one: golive run -- sh -c '…'",
        ) from error

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    # The terminal sends Ctrl-C to both: this process has to outlive the command. Others come to this one alone.
    before = {signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None)}
    before |= {one: signal.signal(one, pass_on) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code
