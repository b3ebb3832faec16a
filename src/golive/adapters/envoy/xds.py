"""The watched files of a directory, and what Envoy says about them."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from golive.adapters.envoy.admin import Admin, AdminUnreachable
from golive.adapters.envoy.bootstrap import ENVOY_LOG
from golive.adapters.envoy.render import version_in, version_stat
from golive.adapters.files import read_file
from golive.kernel.files import replace_file
from golive.ship.traffic.ports import EdgeRefused

_POLL_S = 0.005
_REFUSED = "Filesystem config update "
_DUMP = ': {"version_info"'


class WatchedFiles:
    """Replaces files one by one and waits for Envoy's word on them."""

    def __init__(self, directory: Path, admin: Admin) -> None:
        self._xds = directory / "xds"
        self._log = directory / ENVOY_LOG
        self._admin = admin

    def read(self) -> dict[str, bytes]:
        """Return all files present, by name."""
        return {path.name: path.read_bytes() for path in sorted(self._xds.glob("[!.]*.json"))}

    def put(self, files: Mapping[str, bytes]) -> tuple[str, ...]:
        """Replace the files that differ on disk; return their names."""
        self._xds.mkdir(parents=True, exist_ok=True, mode=0o700)
        changed = [name for name in files if read_file(self._xds / name) != files[name]]
        self._replace({name: files[name] for name in changed})
        return tuple(changed)

    def put_again(self, name: str) -> None:
        """Have Envoy read a file once more that is as it was."""
        self._replace({name: (self._xds / name).read_bytes()})

    def _replace(self, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            replace_file(self._xds / name, content)

    def remove(self, names: Iterable[str]) -> None:
        """Delete files that nothing refers to any more."""
        for name in names:
            (self._xds / name).unlink(missing_ok=True)

    def put_and_wait(self, files: Mapping[str, bytes], limit_s: float) -> tuple[str, ...]:
        """Replace what differs and wait until Envoy uses all of `files`. Raises EdgeRefused."""
        mark = self.log_end()
        changed = self.put(files)
        self.wait(files, limit_s, log_mark=mark)
        return changed

    def log_end(self) -> int:
        """Return where Envoy's next words will begin (bytes); what stands before is about other changes."""
        return self._log.stat().st_size if self._log.exists() else 0

    def wait(self, files: Mapping[str, bytes], limit_s: float, *, log_mark: int) -> None:
        """Wait until Envoy uses all of `files`.

        Raises EdgeRefused with what Envoy says after `log_mark`, or when it takes too long.
        """
        wanted = {version_stat(name): version_in(content) for name, content in files.items()}
        deadline = time.monotonic() + limit_s
        while True:
            pending = self._pending(wanted)
            if not pending:
                return
            words = self._refusal(log_mark)
            if words:
                raise EdgeRefused(words, files=sorted(files))
            if time.monotonic() >= deadline:
                waiting = ", ".join(sorted(pending))
                raise EdgeRefused(
                    f"Envoy did not take {waiting} within {limit_s:g} s",
                    hint="It is tried again every few seconds; what Envoy says is in edge/envoy.log of golive's home.",
                )
            time.sleep(_POLL_S)

    def _pending(self, wanted: Mapping[str, str]) -> set[str]:
        try:
            used = self._admin.texts("version_text$")
            warming = self._admin.numbers("^cluster_manager.warming_clusters$")
        except AdminUnreachable:
            return set(wanted)
        pending = {stat for stat, version in wanted.items() if used.get(stat) != version}
        if any(warming.values()):
            pending.add("clusters that are still warming")
        return pending

    def _refusal(self, mark: int) -> str:
        if not self._log.exists():
            return ""
        with self._log.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(mark if mark <= size else 0)
            _, found, after = stream.read().decode(errors="replace").partition(_REFUSED)
        return _words(after) if found else ""


def _words(text: str) -> str:
    """Return the reason: Envoy says it after a dump of the whole resource, or before one of the whole file.

    The dumps hold the key of the visitors' hash.
    """
    entry = re.split(r"^\[\d{4}-", text, maxsplit=1, flags=re.MULTILINE)[0].partition(_DUMP)[0]
    last = [line for line in entry.splitlines() if line.strip()][-1:]
    reason = re.sub(r"^failure: in \S+,", "", " ".join("".join(last).split()))
    return reason.strip(" :")[:500] or "Envoy refused it without a reason"


def damaged(content: bytes | None) -> bool:
    """Say whether a file is missing or no JSON document."""
    try:
        json.loads(content or b"")
    except ValueError:
        return True
    return False
