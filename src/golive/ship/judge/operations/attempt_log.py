"""Following the edge's attempt log across rotation, restarts and half-written lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CHUNK: Final = 4 * 1024 * 1024
OLDER: Final = 9  # rotated files that may still hold unread lines


@dataclass(frozen=True)
class Position:
    """Where reading stopped: a file by its inode, and the byte after the last whole line."""

    inode: int = 0
    offset: int = 0


class AttemptLog:
    """Whole lines of a log that grows, is renamed to `<name>.1`, ... or is begun again."""

    def __init__(self, path: Path, position: Position | None = None) -> None:
        self.path = path
        self.position = position or Position()

    def read(self) -> list[bytes]:
        """Return the whole lines since the last read, at most about 4 MiB of them."""
        path = self._current()
        if path is None:
            return []
        inode = path.stat().st_ino
        if inode != self.position.inode or path.stat().st_size < self.position.offset:
            self.position = Position(inode, 0)
        with path.open("rb") as file:
            file.seek(self.position.offset)
            data = file.read(CHUNK)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == CHUNK:
            end = len(data)  # one endless line: nothing in it is usable
        self.position = Position(inode, self.position.offset + end)
        if not end and path != self.path and self._begun():
            self.position = Position()  # the old file is finished, the present one is next
            return self.read()
        return data[:end].splitlines()

    def back(self, limit: int) -> list[bytes]:
        """Return up to `limit` bytes of the newest whole lines, oldest first, and go on from the end."""
        parts: list[bytes] = []
        for path in self._files():
            size = path.stat().st_size
            with path.open("rb") as file:
                file.seek(max(size - limit, 0))
                parts.append(file.read(min(size, limit)))
            limit -= size
            if limit <= 0:
                break
        data = b"".join(reversed(parts))
        end = data.rfind(b"\n") + 1
        if self.path.exists():
            newest = parts[0] if parts else b""
            seen = self.path.stat().st_ino, self.path.stat().st_size
            tail = len(newest) - (newest.rfind(b"\n") + 1)
            self.position = Position(seen[0], max(seen[1] - tail, 0))
        lines = data[:end].splitlines()
        return lines[1:] if limit <= 0 else lines

    def _begun(self) -> bool:
        """Whether the edge writes to the present file; until then lines may still come to the renamed one."""
        return self.path.exists() and self.path.stat().st_size > 0

    def _current(self) -> Path | None:
        """The file to read next: the one where reading stopped if it still exists, else the present one."""
        if self.position.inode:
            for path in self._files():
                if path.stat().st_ino == self.position.inode:
                    return path
        return self.path if self.path.exists() else None

    def _files(self) -> Iterator[Path]:
        names = [
            self.path,
            *(self.path.with_name(f"{self.path.name}.{n}") for n in range(1, OLDER + 1)),
        ]
        return (path for path in names if path.exists())
