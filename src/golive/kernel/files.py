"""Files that others read while they change."""

import os
import threading
from pathlib import Path


def replace_file(path: Path, content: bytes | str, *, mode: int = 0o600, durable: bool = False) -> None:
    """Put `content` at `path` by a rename in its directory; readers see the old or the new, whole.

    `durable`: it outlives a machine that dies right afterwards.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
        if durable:
            stream.flush()
            os.fsync(stream.fileno())
    draft.replace(path)
