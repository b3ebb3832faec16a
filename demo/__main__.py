"""`python -m demo`: run the story, print what happened, keep everything running until Ctrl-C."""

import argparse
import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench.machine import machine
from demo.facts import print_table
from demo.story import Story
from tools.lab import Lab, free_port

HERE = Path(__file__).parent.parent / "var" / "demo"


def main() -> int:
    """Return 0 only when each step held."""
    parser = argparse.ArgumentParser(prog="make demo ARGS=…", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end everything after the table")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the facts")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    began = time.monotonic()
    clean()
    story = Story(
        HERE,
        lambda text: console.print(text, markup=False),
        port=port(8100),
        edge_port=port(8080),
        status_port=port(8079),
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        held = story.tell()
        console.print()
        print_table(console, story.steps, story.releases)
        console.print(
            f"\n{'Everything held' if held else 'Something did NOT hold'}, in {time.monotonic() - began:.0f} s."
        )
        if arguments.json:
            facts = {
                "held": held,
                "seconds": round(time.monotonic() - began, 1),
                "machine": machine(),
                "steps": [asdict(step) for step in story.steps],
                "releases": [asdict(release) for release in story.releases],
            }
            arguments.json.write_text(json.dumps(facts, indent=1))
        if not arguments.once:
            story.keep_shopping()
            console.print("Shoppers go on. Look around; Ctrl-C ends everything.")
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        console.print("\nending everything")
        held = True
    finally:
        story.end()
    return 0 if held else 1


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
