"""The test app for WSGI servers: the same behaviours, reduced to what a reload needs to show."""

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BEHAVIOUR = json.loads((Path(__file__).parent / "behaviour.json").read_text())
if BEHAVIOUR.get("crash"):
    raise ModuleNotFoundError("No module named 'cupons'")


def app(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as the behaviour says."""
    environ["wsgi.input"].read()
    if BEHAVIOUR.get("hang"):
        time.sleep(3600)
    time.sleep(0.004)
    failed = bool(BEHAVIOUR.get("fail"))
    body = b"no" if failed else b"ok"
    start(
        "500 Internal Server Error" if failed else "200 OK",
        [("Content-Length", str(len(body))), ("x-release", BEHAVIOUR.get("version", ""))],
    )
    return [body]
