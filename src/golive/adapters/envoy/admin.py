"""The admin interface of a running Envoy, over its private Unix socket."""

import http.client
import json
import os
import socket
from pathlib import Path
from urllib.parse import quote

from golive.adapters.envoy.bootstrap import ADMIN_SOCKET

# The names and no more: each listener is tens of kilobytes long.
_LISTENERS = "/config_dump?resource=dynamic_listeners&mask=name,active_state.last_updated,warming_state.last_updated"


class AdminUnreachable(Exception):  # noqa: N818  a state of the edge, handled by every caller
    """No Envoy answers on the socket."""


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, directory: Path, timeout_s: float) -> None:
        super().__init__("envoy", timeout=timeout_s)
        self._directory = directory

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        # Socket paths are limited to 107 bytes; a handle of the directory keeps any home short enough.
        handle = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sock.connect(f"/proc/self/fd/{handle}/{ADMIN_SOCKET}")
        finally:
            os.close(handle)


class Admin:
    """Reads statistics and gives the few orders that Envoy knows."""

    def __init__(self, directory: Path, *, timeout_s: float = 2.0) -> None:
        self._directory = directory
        self._timeout_s = timeout_s

    def ready(self) -> bool:
        """Say whether Envoy is up and initialised."""
        try:
            status, _ = self._call("GET", "/ready")
        except AdminUnreachable:
            return False
        return status == 200

    def numbers(self, pattern: str) -> dict[str, int]:
        """Return counters and gauges whose name matches the regular expression `pattern`."""
        return {name: value for name, value in self._stats(pattern, "").items() if isinstance(value, int)}

    def texts(self, pattern: str) -> dict[str, str]:
        """Return text statistics, such as versions, whose name matches `pattern`."""
        found = self._stats(pattern, "&type=TextReadouts")
        return {name: value for name, value in found.items() if isinstance(value, str)}

    def listeners(self) -> set[str]:
        """Return the names of the listeners that have their port; those that could not get it are not among them."""
        _, body = self._call("GET", _LISTENERS)
        found = json.loads(body).get("configs", ())
        return {one["name"] for one in found if "active_state" in one or "warming_state" in one}

    def quit(self) -> None:
        """Have Envoy end at once; whoever keeps it starts it anew."""
        self._call("POST", "/quitquitquit")

    def reopen_logs(self) -> None:
        """Have all log files opened anew after a rename."""
        self._call("POST", "/reopen_logs")

    def _stats(self, pattern: str, extra: str) -> dict[str, object]:
        _, body = self._call("GET", f"/stats?format=json&filter={quote(pattern)}{extra}")
        found = json.loads(body)["stats"]
        return {stat["name"]: stat["value"] for stat in found if "name" in stat}

    def _call(self, method: str, path: str) -> tuple[int, bytes]:
        connection = _SocketConnection(self._directory, self._timeout_s)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise AdminUnreachable(str(error)) from error
        finally:
            connection.close()
