"""Two JSON-lines logs: `attempts.json` (each try at a replica) and `requests.json` (what a visitor got).

A canary failure that a retry rescued is visible only in the first. `ts` is Unix seconds, `ms` a
duration, absent values are null. Fields of both: ts request method path code flags ms release
replica route visitor ip ua site kind trace bytes; requests.json also has attempts.
"""

from pathlib import Path

from golive.adapters.envoy.names import Json, typed

REQUESTS = "requests.json"
ATTEMPTS = "attempts.json"

_COMMON = {
    "ts": "%START_TIME(%s.%6f)%",
    "request": "%REQ(X-REQUEST-ID)%",
    "method": "%REQ(:METHOD):16%",
    "path": "%PATH(NQ:PATH):512%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "ms": "%DURATION%",
    "release": "%UPSTREAM_METADATA(golive:release)%",
    "replica": "%UPSTREAM_METADATA(golive:replica)%",
    "visitor": "%REQ(X-GOLIVE-VISITOR):64%",
    "ip": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "ua": "%REQ(USER-AGENT):200%",
    "kind": "%ROUTE_NAME%",
    "trace": "%REQ(TRACEPARENT):64%",
}

_REQUEST = {
    **_COMMON,
    "route": "%DYNAMIC_METADATA(golive:route):200%",
    "site": "%METADATA(ROUTE:golive:site)%",
    "bytes": "%BYTES_SENT%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
}

_ATTEMPT = {
    **_COMMON,
    "route": "%RESP(X-GOLIVE-ROUTE):200%",
    "site": "%UPSTREAM_METADATA(golive:site)%",
    "bytes": "%UPSTREAM_WIRE_BYTES_RECEIVED%",
}


def requests_log(directory: Path) -> list[Json]:
    """Return the log of answers to visitors."""
    return [_file_log(directory / REQUESTS, _REQUEST)]


def attempts_log(directory: Path) -> list[Json]:
    """Return the router's log of single attempts."""
    return [_file_log(directory / ATTEMPTS, _ATTEMPT)]


def _file_log(path: Path, fields: dict[str, str]) -> Json:
    return typed(
        "envoy.access_loggers.file",
        "extensions.access_loggers.file.v3.FileAccessLog",
        path=str(path),
        log_format={"json_format": fields},
    )
