"""Speaks the part of S3 that pictures need: put, get, head and delete of one object, signed with version 4."""

import re
from hashlib import md5

from local_server import Call, LocalServer, Reply

KEY = "market-key"


class S3(LocalServer):
    """Keeps objects by path. ``broken`` makes each call fail with that status."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.broken = 0
        super().__init__(self._reply)

    def _reply(self, call: Call) -> Reply:
        if self.broken:
            return Reply(self.broken)
        if f"Credential={KEY}/" not in call.headers.get("Authorization", ""):
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        if call.method == "PUT":
            self.objects[call.path] = call.body
            return _object(b"", call.body)
        if call.method == "POST":
            return self._deleted(call)
        if call.path not in self.objects:
            return Reply(404, b"<Error><Code>NoSuchKey</Code></Error>")
        return _object(self.objects[call.path], self.objects[call.path])

    def _deleted(self, call: Call) -> Reply:
        # DeleteObjects: the keys of a bucket, in XML.
        bucket = call.path.partition("?")[0].rstrip("/")
        keys = re.findall(r"<Key>([^<]+)</Key>", call.body.decode())
        for key in keys:
            self.objects.pop(f"{bucket}/{key}", None)
        done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        return Reply(200, f"<DeleteResult>{done}</DeleteResult>".encode())


def _object(body: bytes, content: bytes) -> Reply:
    facts = {
        "Last-Modified": "Wed, 21 Oct 2026 07:28:00 GMT",
        "ETag": f'"{md5(content).hexdigest()}"',
    }
    return Reply(200, body, facts)
