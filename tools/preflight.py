"""Say before the install what this machine lacks: `python tools/preflight.py`, readable by any Python 3."""

import platform
import shutil
import subprocess
import sys

# The newest Python is the newest one that every pin of requirements/dev.lock has a wheel for.
OLDEST, NEWEST = (3, 11), (3, 14)
GLIBC, GIT = (2, 31), (2, 29)
MACHINES = ("x86_64", "aarch64")


def numbers(text):
    """Return the leading numbers of a version: (2, 39) of "2.39.5-1"."""
    found = []
    for part in text.split(".")[:2]:
        digits = "".join(one for one in part if one.isdigit())
        found.append(int(digits or 0))
    return tuple(found)


def git_version():
    """Return what git says of itself, "" without git."""
    if not shutil.which("git"):
        return ""
    said = subprocess.check_output(["git", "--version"]).decode(errors="replace").split()
    return said[2] if len(said) > 2 else "0"


def troubles(version=None, system=None, machine=None, libc=None, git=None, has_pip=None):
    """Return what stands in the way, each with what to do; what is not given is asked of this machine."""
    version = tuple(version or sys.version_info[:2])
    system, machine = system or sys.platform, machine or platform.machine()
    libc = libc or platform.libc_ver()
    git = git_version() if git is None else git
    found = []
    if not OLDEST <= version <= NEWEST:
        found.append(
            "golive needs Python {} to {}; this one is {}. Install one of them and set PYTHON=/path/to/python{}.".format(
                *(".".join(map(str, one)) for one in (OLDEST, NEWEST, version, NEWEST))
            )
        )
    if system != "linux":
        found.append("golive runs on Linux; take a virtual machine with Debian or Ubuntu, or WSL2 on Windows.")
        return found
    if machine not in MACHINES:
        found.append("golive runs on x86_64 and ARM64 with a 64-bit system; this one is " + machine + ".")
    if libc[0] != "glibc" or numbers(libc[1]) < GLIBC:
        found.append(
            "golive needs glibc 2.31 or newer (Debian 11, Ubuntu 20.04, RHEL 9 or later); this system has "
            + (" ".join(libc).strip() or "another C library")
            + "."
        )
    if not (_has_pip() if has_pip is None else has_pip):
        found.append(
            "This Python cannot make environments: install python3-venv (Debian, Ubuntu: apt install python3-venv)."
        )
    if not git:
        found.append("golive needs git: install it.")
    elif numbers(git) < GIT:
        found.append("golive needs git 2.29 or newer; this one is " + git + ".")
    return found


def _has_pip():
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


if __name__ == "__main__":
    sys.exit("\n".join(troubles()) or 0)
