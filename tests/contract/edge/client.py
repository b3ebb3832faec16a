"""A client that sends exactly what a test says, from the address it says."""

import http.client
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def text(self):
        return self.body.decode()

    @property
    def cookie(self):
        return self.headers.get("set-cookie", "").partition(";")[0]


def ask(port, path="/", method="GET", headers=None, *, body=None, source="127.0.0.1", timeout=20):
    """Send one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout, source_address=(source, 0))
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        fields = {key.lower(): value for key, value in response.getheaders()}
        return Answer(response.status, response.read(), fields)
    finally:
        connection.close()
