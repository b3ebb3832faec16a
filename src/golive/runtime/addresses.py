"""Where the parts of one golive find the store: chosen once, kept in `run/store.json`."""

import json
from typing import Any

from golive.adapters.keeper.loopback_ports import free_port
from golive.kernel.config import Settings
from golive.kernel.files import replace_file


def store_addresses(settings: Settings) -> dict[str, Any]:
    """Return how to reach the store: two loopback ports and the files of its secrets."""
    path = settings.run / "store.json"
    if path.exists():
        known: dict[str, Any] = json.loads(path.read_text())
        return known
    otlp, sql = free_port(settings.run), free_port(settings.run)
    for name in ("ingest", "store", "viewer"):
        settings.secret(name)
    addresses = {
        "otlp_url": f"http://127.0.0.1:{otlp}",
        "sql_url": f"http://127.0.0.1:{sql}",
        "otlp_port": otlp,
        "sql_port": sql,
        "token_file": str(settings.home / "ingest.key"),
        "password_file": str(settings.home / "store.key"),
        "viewer_password_file": str(settings.home / "viewer.key"),
    }
    replace_file(path, json.dumps(addresses, indent=1))
    return addresses
