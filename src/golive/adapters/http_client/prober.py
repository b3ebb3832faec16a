"""Probes by httpx: one connection per question, nothing followed, answers bounded."""

import time

import httpx

from golive.ship.judge.ports import Answer

LARGEST = 2_000_000  # bytes of an answer that are read
AGENT = "golive-probe/1"


class HttpProber:
    """Implements Prober."""

    def ask(self, host: str, port: int, path: str, *, site_host: str, limit_s: float) -> Answer:
        begin = time.monotonic()
        headers = {"user-agent": AGENT, "host": site_host or f"{host}:{port}"}
        try:
            with (
                httpx.Client(trust_env=False, timeout=limit_s, follow_redirects=False) as client,
                client.stream("GET", f"http://{host}:{port}{path}", headers=headers) as answer,
            ):
                read = 0
                for piece in answer.iter_raw():
                    read += len(piece)
                    if read > LARGEST or time.monotonic() - begin > limit_s:
                        break
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            status = 0
        return Answer(status, (time.monotonic() - begin) * 1000)
