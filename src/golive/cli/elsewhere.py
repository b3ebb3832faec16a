"""Finding the golive that is meant: the one of this directory, else the only one that its user has running here."""

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from golive.cli.output import say
from golive.kernel.config import Settings, home_is_named, settings

if TYPE_CHECKING:
    import psutil

SUPERVISOR = "golive.runtime.processes.supervisor"
NEEDED = ("home", "host", "port", "public_url")  # what a client of it has to know


def meant() -> Settings:
    """Return the settings of the golive to speak to; says so when it is not the one of this directory."""
    here = settings()
    if home_is_named() or (here.home / "token").exists():
        return here
    others = running()
    if len(others) != 1:
        return here
    say(f"speaking to the golive in {others[0].home}")
    return others[0]


def running() -> list[Settings]:
    """Return what a client has to know of each golive that this user has running on this machine, by home."""
    import psutil

    found: dict[str, Settings] = {}
    for process in psutil.process_iter(["uids", "cmdline"]):
        uids, command = process.info["uids"], process.info["cmdline"] or ()
        if SUPERVISOR in command and uids and uids.real == os.getuid():
            told = _variables(process)
            if "home" in told:
                found[told["home"]] = Settings.model_validate(told)
    return [found[home] for home in sorted(found)]


def advice(others: Iterable[Settings]) -> str:
    """Return what to do where there is no golive."""
    homes = [f"`export GOLIVE_HOME={one.home}`" for one in others]
    if homes:
        return f"Say which one is meant: {' or '.join(homes)}. `golive up` starts a new one here."
    return "Run `golive up` here, or set GOLIVE_HOME to the directory of a running one."


def _variables(process: "psutil.Process") -> dict[str, str]:
    import psutil

    try:
        environment = process.environ()
    except psutil.Error:  # it has just ended
        return {}
    return {name: value for name in NEEDED if (value := environment.get(f"GOLIVE_{name.upper()}"))}
