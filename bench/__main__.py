"""`make bench`: run every benchmark, or name them; `python -m bench --list` says what there is."""

import argparse
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """Return module name and first docstring line of each benchmark."""
    found = {}
    for path in sorted([*HERE.glob("*.py"), *HERE.glob("*/__main__.py")]):
        name = path.stem if path.parent == HERE else path.parent.name
        text = path.read_text()
        if name.startswith("_") or 'if __name__ == "__main__"' not in text:
            continue
        found[name] = text.split('"""')[1].strip().splitlines()[0]
    return found


def main() -> int:
    """Run the named benchmarks, or all, each in a fresh interpreter state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    known = benchmarks()
    if arguments.list:
        for name, line in known.items():
            print(f"{name:20} {line}")
        return 0
    unknown = set(arguments.names) - set(known)
    if unknown:
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for name in arguments.names or known:
        sys.argv = [f"bench.{name}"]
        runpy.run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
