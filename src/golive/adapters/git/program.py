"""Calls of git that ask nobody, run no hooks and take no option from data."""

import os
import subprocess
from pathlib import Path

# protocol.allow: of git's transports only these; `ext::` would run any command.
CONFIG = {
    "protocol.allow": "never",
    "protocol.file.allow": "always",
    "protocol.https.allow": "always",
    "protocol.http.allow": "always",
    "protocol.ssh.allow": "always",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "safe.directory": "*",
    "credential.interactive": "false",
    "gc.auto": "0",
    "advice.detachedHead": "false",
    "core.quotePath": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "60",
}
QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GCM_INTERACTIVE": "never",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes",
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
}


class GitError(Exception):
    """git ended with an error; the text is its last line."""


def git(*arguments: str, mirror: Path | None = None, index: Path | None = None, limit_s: float = 60.0) -> bytes:
    """Run git and return its output. Raises GitError, also at the time limit."""
    command = ["git"]
    for key, value in CONFIG.items():
        command += ["-c", f"{key}={value}"]
    if mirror is not None:
        command.append(f"--git-dir={mirror}")
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | QUIET
    for kept in ("GIT_SSL_CAINFO", "GIT_SSL_CAPATH"):
        if kept in os.environ:
            env[kept] = os.environ[kept]
    if index is not None:
        env["GIT_INDEX_FILE"] = str(index)
    try:
        done = subprocess.run(
            [*command, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=env,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git gave no answer within {limit_s:g} s") from error
    except OSError as error:
        raise GitError(f"git cannot be run: {error}") from error
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
        telling = [line for line in words if line.startswith(("fatal:", "error:"))] or words
        raise GitError(telling[0][:500])
    return done.stdout
