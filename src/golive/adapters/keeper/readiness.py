"""Asking a process whether it is ready, and saying in words why not."""

import http.client
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from golive.ship.replicas.domain import Phase, ProcessState, Readiness, checks_down

_PAUSE_S = 0.03
_TRY_S = 6.0  # golive-app says within 5 s what is wrong
_MOST = 65_536  # bytes of an answer that are looked at


def wait_ready(
    state: Callable[[], ProcessState], *, port: int, path: str | None, host: str, limit_s: float
) -> Readiness:
    """Ask again and again until it answers, the process is past hope, or `limit_s` is over; the last try is seen through."""
    began = time.monotonic()
    down: frozenset[str] | None = None
    while True:
        trouble, named = (_ask_tcp(port), frozenset[str]()) if path is None else _ask_http(port, path, host)
        down = named if down is None else down & named
        after = time.monotonic() - began
        if not trouble:
            return Readiness(ready=True, reason="", after_s=after)
        hopeless = _hopeless(state())
        if hopeless:
            return Readiness(ready=False, reason=hopeless, after_s=after)
        if after >= limit_s:
            reason = f"{trouble} for {max(limit_s, round(after)):g} s"
            return Readiness(ready=False, reason=reason, after_s=after, down=down)
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


def _ask_http(port: int, path: str, host: str) -> tuple[str, frozenset[str]]:
    """Return what is wrong, "" for nothing, and the checks that the answer names as down."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TRY_S)
    try:
        connection.request("GET", path, headers={"host": host, "connection": "close"})
        answer = connection.getresponse()
        if 200 <= answer.status < 300:
            return "", frozenset()
        return f"GET {path} answered {answer.status}", checks_down(_body(answer))
    except (OSError, http.client.HTTPException) as error:
        why = f"timed out after {_TRY_S:g} s" if isinstance(error, TimeoutError) else error
        return f"GET {path} got no answer ({why})", frozenset()
    finally:
        connection.close()


def _body(answer: http.client.HTTPResponse) -> bytes:
    """Return an answer's body, or what has come of it after a while: nobody is waited for who sends it drop by drop."""
    end, found = time.monotonic() + _TRY_S, b""
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(found) < _MOST and time.monotonic() < end and (piece := answer.read1(_MOST)):
            found += piece
    return found
