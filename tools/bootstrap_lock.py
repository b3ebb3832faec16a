"""Write requirements/bootstrap.lock: uv alone, as runtime.lock pins it."""

import re
from pathlib import Path

LOCKS = Path(__file__).parent.parent / "requirements"

if __name__ == "__main__":
    runtime = (LOCKS / "runtime.lock").read_text()
    entry = re.search(r"^uv==.*(?:\n    --hash=.*)+", runtime, re.MULTILINE)
    if entry is None:
        raise SystemExit("runtime.lock has no uv")
    (LOCKS / "bootstrap.lock").write_text(entry.group().rstrip("\\ ") + "\n")
    print(f"bootstrap.lock: {entry.group().split()[0]}")
