"""Commands of people, run by a minder each."""

import contextlib
import functools
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from golive.adapters.command import minder
from golive.adapters.command.environment import clean, lay_tools
from golive.ship.commands.domain import Command, Ending, Finished, last_lines, signal_words

GRACE_S = 2.0
LOOK_S = 0.2  # between two looks whether a command is to stop
SLACK_S = 30.0


class MindedCommands:
    """CommandRunner on this machine. `folder` holds the tools and the scratch home of commands."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, command: Command) -> Finished:
        if not command.cwd.is_dir():
            return _not_started(f"its folder {command.cwd} is not there")
        if why := command.stop():
            return _stopped(command, why)
        spec = {
            "line": command.line,
            "cwd": str(command.cwd),
            "env": dict(command.env),
            "log": str(command.log),
            "log_max_bytes": command.log_max_bytes,
            "limit_s": command.limit_s,
            "grace_s": GRACE_S,
            "nice": command.nice,
            "run_as": command.run_as,
            "caller": os.getpid(),
        }
        try:
            command.log.parent.mkdir(parents=True, exist_ok=True)
            # The parent-death signal is the thread's: this thread waits for the minder, so it is the right one.
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", minder.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            return _not_started(str(error))
        try:
            answer, why = _answer(child, json.dumps(spec).encode(), command)
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
        return _finished(command, answer, why)

    def environment(self, home: Path | None = None) -> Mapping[str, str]:
        tools = lay_tools(self._folder / "tools")
        if home is not None:
            return clean(os.environ, home=home, tools=tools, real=home)
        home = self._folder / "home"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        return clean(os.environ, home=home, tools=tools)

    def toolchain(self) -> Mapping[str, str]:
        return _toolchain(self.environment()["PATH"])


@functools.cache
def _toolchain(path: str) -> Mapping[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for tool in ("uv", "node"):
        program = shutil.which(tool, path=path)
        if program:
            asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False)
            found[tool] = asked.stdout.strip()[:80]
    return found


def _answer(child: subprocess.Popen[bytes], spec: bytes, command: Command) -> tuple[bytes, str]:
    """Give a minder its spec and wait for what it says, b"" when that never comes; returns why it was told to stop, too."""
    why = ""
    question: bytes | None = spec
    end = time.monotonic() + command.limit_s + GRACE_S + SLACK_S
    while time.monotonic() < end:
        try:
            return child.communicate(question, timeout=LOOK_S)[0], why
        except subprocess.TimeoutExpired:
            question = None  # it is kept by the first call
        except OSError:
            return b"", why
        if not why and (why := command.stop()):
            child.send_signal(minder.STOP)
            end = time.monotonic() + GRACE_S + SLACK_S
    return b"", why


def _finished(command: Command, answer: bytes, why: str) -> Finished:
    if not answer and why:
        return _stopped(command, why)
    if not answer:
        return Finished(Ending.CUT_OFF, None, 0.0, "", reason="it was cut off from outside")
    told: dict[str, Any] = json.loads(answer)
    ending = Ending(told["ending"])
    if ending is Ending.STOPPED and why:
        return _stopped(command, why, seconds=told["seconds"], tail=told["tail"])
    reasons = {
        Ending.TIMED_OUT: f"it was ended after its limit of {command.limit_s:g} s",
        Ending.SIGNALLED: signal_words(told["signal"] or 0),
        Ending.CUT_OFF: "it was cut off from outside",
        Ending.STOPPED: "it was cut off from outside",
    }
    return Finished(
        ending=ending,
        exit_code=told["exit_code"],
        seconds=told["seconds"],
        tail=last_lines(told["tail"], command.hide),
        truncated=told["dropped"],
        reason=reasons.get(ending, "") + (f" (its log: {told['log_trouble']})" if told["log_trouble"] else ""),
    )


def _stopped(command: Command, why: str, *, seconds: float = 0.0, tail: str = "") -> Finished:
    with contextlib.suppress(OSError), command.log.open("a") as log:
        log.write(f"[golive: {why}]\n")
    return Finished(Ending.STOPPED, None, seconds, last_lines(tail, command.hide), reason=why)


def _not_started(reason: str) -> Finished:
    return Finished(Ending.NOT_STARTED, None, 0.0, "", reason=f"it could not be started: {reason}")
