"""Other users of this machine, as whom golive lets services run when it is root itself. Linux alone.

Whatever golive does in folders of such a user it does with that user's rights (`acting`): links, hard links and races
of a hostile service then lead nowhere that the user could not go. `lend` and `seal` change owners only while nobody
else can enter the tree, by handles and without following links.
"""

import ctypes
import os
import platform
import pwd
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from golive.adapters.files import exclusive
from golive.ship.commands.domain import Identity
from golive.ship.commands.ports import RunAsRefused

# Traversable but not listable for everybody else.
WAY, CLOSED = 0o711, 0o077
_SETGROUPS = {"x86_64": 116, "aarch64": 159}
_LIBC = ctypes.CDLL(None, use_errno=True)


class SystemUsers:
    """`Users` of this machine, for a golive whose home is `home`; `tools` are on the path of all commands."""

    def __init__(self, home: Path, *, tools: Path) -> None:
        self._home, self._tools = home, tools

    def identity(self, name: str, service: str) -> Identity | None:
        user = _known(name)
        if os.geteuid() == user.pw_uid:
            return None
        _check_rights(name)
        home = self._home / "run" / "homes" / f"{service}.{name}"
        who = Identity(name, user.pw_uid, user.pw_gid, home)
        for folder in (home, self._tools):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._open_way(self._tools)
        self.lend(home, who)
        with self.acting(who):
            closed = _closed(home)
        if closed is not None:
            raise RunAsRefused(
                f"{closed} is closed to {name}, and golive's home {self._home} lies in it.",
                hint=f"Move golive's home (GOLIVE_HOME), or let others through: chmod o+x {closed}",
            )
        return who

    @contextmanager
    def acting(self, who: Identity) -> Iterator[None]:
        """Credentials of Linux belong to a thread (setfsuid(2)); the raw setgroups(2) keeps to it too."""
        before = os.getgroups()
        _set_groups(os.getgrouplist(who.name, who.gid))
        try:
            _LIBC.setfsgid(who.gid)
            _LIBC.setfsuid(who.uid)
            if _LIBC.setfsuid(-1) != who.uid:
                raise RunAsRefused(f"This machine does not let golive act as {who.name}.")
            yield
        finally:
            _LIBC.setfsuid(os.geteuid())
            _LIBC.setfsgid(os.getegid())
            _set_groups(before)

    def lend(self, tree: Path, who: Identity) -> None:
        self._open_way(tree.parent)
        owner = tree.stat().st_uid
        if owner == who.uid:
            return
        if owner != os.geteuid():
            raise RunAsRefused(
                f"{tree} belongs to {_name(owner)}, not to {who.name}.",
                hint=f"Stop what runs there, then: chown -R {who.name}: {tree}",
            )
        tree.chmod(0o700)
        for _, folders, files, handle in os.fwalk(tree):
            for name in folders + files:
                os.chown(name, who.uid, who.gid, dir_fd=handle, follow_symlinks=False)
        os.chown(tree, who.uid, who.gid)

    def seal(self, tree: Path, who: Identity) -> None:
        tree.parent.chmod(0o700)
        for _, folders, files, handle in os.fwalk(tree):
            _seal(handle, who)
            for name in folders + files:
                _seal_entry(name, handle, who)
        tree.parent.chmod(WAY)

    def _open_way(self, folder: Path) -> None:
        """Let others through from golive's home to `folder`; what lies beside the way is closed to them first."""
        between = folder.relative_to(self._home).parts
        way = [self._home.joinpath(*between[:depth]) for depth in range(len(between) + 1)]
        if all(_is_way(place) for place in way):
            return
        with exclusive(self._home / "run" / "way.lock"):
            for place in way:
                if not _is_way(place):
                    _close_entries(place)
                    place.chmod(WAY)


def _known(name: str) -> pwd.struct_passwd:
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        raise RunAsRefused(
            f"This machine has no user {name}.",
            hint=f"Make one (useradd --system {name}), or correct `run_as` in golive.toml.",
        ) from None
    if user.pw_uid == 0:
        raise RunAsRefused(
            f"`run_as` names {name}, which is root.",
            hint="Name a user without rights, or leave `run_as` out.",
        )
    return user


def _check_rights(name: str) -> None:
    if os.geteuid() != 0:
        raise RunAsRefused(
            f"golive runs as {_name(os.geteuid())}, and only root may run something as {name}.",
            hint=f"Start golive as root or as {name}, or leave `run_as` out of golive.toml.",
        )
    if sys.platform != "linux" or platform.machine() not in _SETGROUPS:
        raise RunAsRefused("`run_as` needs Linux on x86_64 or aarch64.", hint="Leave `run_as` out of golive.toml.")


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _closed(place: Path) -> Path | None:
    """Return the first folder on the way to `place` that this thread may not pass."""
    for one in reversed([place, *place.parents]):
        try:
            one.stat()
        except PermissionError:
            return one.parent
    return None


def _set_groups(groups: list[int]) -> None:
    numbers = (ctypes.c_uint32 * len(groups))(*groups)
    if _LIBC.syscall(_SETGROUPS[platform.machine()], len(groups), numbers):
        raise OSError(ctypes.get_errno(), "the groups of a thread cannot be set")


def _is_way(place: Path) -> bool:
    return place.stat().st_mode & CLOSED == WAY & CLOSED


def _close_entries(place: Path) -> None:
    with os.scandir(place) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):
                facts = entry.stat(follow_symlinks=False)
                if facts.st_uid == os.geteuid() and not stat.S_ISLNK(facts.st_mode):
                    os.chmod(entry.path, stat.S_IMODE(facts.st_mode) & ~CLOSED)


def _seal_entry(name: str, folder: int, who: Identity) -> None:
    """Seal one file; links get another owner only, folders have their turn, pipes and sockets go."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        os.chown(name, os.geteuid(), who.gid, dir_fd=folder, follow_symlinks=False)
    elif stat.S_ISREG(mode):
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        try:
            _seal(handle, who)
        finally:
            os.close(handle)
    elif not stat.S_ISDIR(mode):
        os.unlink(name, dir_fd=folder)


def _seal(handle: int, who: Identity) -> None:
    """Make golive the owner and the user's group the only reader; a hard link to another's file stays as it is."""
    facts = os.fstat(handle)
    if facts.st_uid == who.uid:
        os.fchown(handle, os.geteuid(), who.gid)
        readable = facts.st_mode & 0o500
        os.fchmod(handle, readable | readable >> 3)
