import logging

import golive_app
from flask import Flask

app = Flask(__name__)
log = logging.getLogger("things")


@app.get("/things/<int:number>")
def thing(number: int) -> str:
    log.info("thing_shown", extra={"thing": number})
    return f"thing {number}"


@app.get("/boom/<name>")
def boom(name: str) -> str:
    raise ValueError(f"a thing broke: {name}")


golive_app.setup(app)
