"""The likely reason why a process does not get ready, and what to do."""

import psutil

from golive.ship.replicas.domain import ProcessState

_MISSING = ("ModuleNotFoundError", "Cannot find module", "not found", "No such file")


def why_not_ready(state: ProcessState, port: int, log_end: str) -> str:
    """Return a next step for a person."""
    listening = _listening(state.pid)
    others = sorted({there for _, there in listening} - {port})
    if any(there == port for _, there in listening):
        return (
            "It listens, but does not say that it is ready, by 2xx within 6 s: see `ready` under [health] and the log."
        )
    if others:
        there = ", ".join(str(other) for other in others)
        return (
            f"It listens on {there} instead of $PORT. Where the code names the port, take it from there: process.env.PORT in Node, "
            'os.environ["PORT"] in Python. Where the command does, write $PORT under [processes.web].'
        )
    if state.restarts or state.last_exit is not None:
        if any(word in log_end for word in _MISSING):
            return "Something is missing in the artifact: see [build] commands and the command itself."
        return "It ends by itself: read the log lines above, try the same command by hand."
    return "It runs but listens nowhere: let it listen on 127.0.0.1:$PORT, or raise `timeout` under [health]."


def _listening(pid: int | None) -> set[tuple[str, int]]:
    """Return the addresses that a process and its descendants listen on, as far as they can be seen."""
    if pid is None:
        return set()
    found = set()
    try:
        root = psutil.Process(pid)
        for process in [root, *root.children(recursive=True)]:
            for connection in process.net_connections(kind="tcp"):
                if connection.status == psutil.CONN_LISTEN and connection.laddr:
                    found.add((connection.laddr.ip, connection.laddr.port))
    except psutil.Error:
        return found
    return found
