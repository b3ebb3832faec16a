"""Asking a process whether it is ready, and saying in words why not."""

import http.client
import socket
import time
from collections.abc import Callable

from golive.ship.replicas.domain import Phase, ProcessState, Readiness

_PAUSE_S = 0.03
_TRY_S = 6.0  # golive-app says within 5 s what is wrong


def wait_ready(
    state: Callable[[], ProcessState], *, port: int, path: str | None, host: str, limit_s: float
) -> Readiness:
    """Ask again and again until it answers, the process is past hope, or `limit_s` is over; the last try is seen through."""
    began = time.monotonic()
    while True:
        trouble = _ask_tcp(port) if path is None else _ask_http(port, path, host)
        after = time.monotonic() - began
        if not trouble:
            return Readiness(ready=True, reason="", after_s=after)
        hopeless = _hopeless(state())
        if hopeless:
            return Readiness(ready=False, reason=hopeless, after_s=after)
        if after >= limit_s:
            return Readiness(ready=False, reason=f"{trouble} for {max(limit_s, round(after)):g} s", after_s=after)
        time.sleep(_PAUSE_S)


def _hopeless(state: ProcessState) -> str:
    if not state.alive or state.phase in {Phase.FAILED, Phase.STOPPED, Phase.STOPPING}:
        return f"the process is {state.phase}: {state.reason or 'it was stopped'}"
    if state.crash_looping:
        return f"the process crashed {state.crashes_in_a_row} times in a row: {state.last_end}"
    return ""


def _ask_tcp(port: int) -> str:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TRY_S):
            return ""
    except OSError as error:
        return f"port {port} did not accept a connection ({error})"


def _ask_http(port: int, path: str, host: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TRY_S)
    try:
        connection.request("GET", path, headers={"host": host, "connection": "close"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        why = f"timed out after {_TRY_S:g} s" if isinstance(error, TimeoutError) else error
        return f"GET {path} got no answer ({why})"
    finally:
        connection.close()
    return "" if 200 <= status < 300 else f"GET {path} answered {status}"
