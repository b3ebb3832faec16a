"""`python -m demo`: run the story, print what happened, keep everything running until Ctrl-C."""

import argparse
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from demo.story import Story
from demo.telling import perform
from tools.lab import Lab, free_port

HERE = Path(__file__).parent.parent / "var" / "demo"


def main() -> int:
    """Return 0 only when each step held, 130 after Ctrl-C before the end."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end everything after the table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the facts")
    arguments = parser.parse_args()
    if arguments.json and not arguments.json.absolute().parent.is_dir():
        parser.error(f"there is no folder for {arguments.json}")
    console = Console(highlight=False, soft_wrap=True)
    clean()
    story = Story(
        HERE,
        lambda text: console.print(text, markup=False),
        port=port(8100),
        edge_port=port(8080),
        status_port=port(8079),
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return perform(story, console, once=arguments.once, facts=arguments.json)


def clean() -> None:
    """End what an earlier demo left behind, and have its files deleted while this one runs: they are many."""
    if not HERE.exists():
        return
    with suppress(RuntimeError):
        Lab(HERE).down()
    old = HERE.with_name(f"{HERE.name}.{int(time.time())}")
    HERE.rename(old)
    subprocess.Popen(
        ["nice", "sh", "-c", 'chmod -R u+w "$1"; rm -rf "$1"', "sh", str(old)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def port(wanted: int) -> int:
    """Return `wanted`, or a free port when something listens there."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
    return wanted


if __name__ == "__main__":
    sys.exit(main())
