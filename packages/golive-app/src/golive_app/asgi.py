"""Middleware for ASGI apps (Starlette, FastAPI, Litestar, plain)."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from golive_app import health, telemetry
from golive_app.routes import HEADER, template

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Asgi:
    """Answers the two health paths itself, labels every answer of the app with its route, and traces it."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["path"] in (health.HEALTH, health.READY):
            answer = await asyncio.to_thread(health.answer, scope["method"], scope["path"])
        if answer is not None:
            await _reply(answer, scope["method"], send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status = 500

        async def labelled(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                route = route_of(scope)
                if route:
                    message = {
                        **message,
                        "headers": [*message.get("headers", ()), (HEADER.encode(), route.encode())],
                    }
            await send(message)

        request = telemetry.Request(scope["method"], scope["path"], headers)
        try:
            with request:
                await self._app(scope, receive, labelled)
        finally:
            request.end(status, route_of(scope))

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def flushed(message: Message) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                await asyncio.to_thread(telemetry.flush)
            await send(message)

        await self._app(scope, receive, flushed)


def route_of(scope: Scope) -> str:
    """The template of the route that Starlette or FastAPI matched, "" where none did."""
    path = getattr(scope.get("route"), "path", None)
    if not isinstance(path, str):
        return ""
    mounted = str(scope.get("root_path", ""))[len(str(scope.get("app_root_path", ""))) :]
    return template(mounted + path)


async def _reply(answer: health.Answer, method: str, send: Send) -> None:
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
