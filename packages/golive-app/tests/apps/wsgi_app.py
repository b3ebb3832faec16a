import logging
import sys
from wsgiref.simple_server import make_server

import golive_app

log = logging.getLogger("things")


def things(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/things/"):
        environ["golive_app.route"] = "/things/<number>"
        log.info("thing_shown", extra={"thing": int(path[8:])})
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"thing"]
    if path.startswith("/boom/"):
        environ["golive_app.route"] = "/boom/<name>"
        environ["golive_app.error"] = ValueError("a thing broke: x")
        start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
        return [b"broken"]
    start_response("404 Not Found", [])
    return [b""]


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), golive_app.setup(things)).serve_forever()
