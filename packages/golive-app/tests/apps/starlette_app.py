import logging
import sys

import golive_app
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

log = logging.getLogger("things")


async def thing(request: Request) -> PlainTextResponse:
    log.info("thing_shown", extra={"thing": request.path_params["number"]})
    return PlainTextResponse("thing")


async def boom(request: Request) -> PlainTextResponse:
    raise ValueError(f"a thing broke: {request.path_params['name']}")


app = golive_app.setup(
    Starlette(
        routes=[
            Route("/things/{number:int}", thing),
            Mount("/boom", routes=[Route("/{name}", boom)]),
        ]
    )
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None)
