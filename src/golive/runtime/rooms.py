"""The rooms of the control room, in the order of the loop; a room that leads nowhere is not shown."""

from golive.kernel.durable import queries as work
from golive.kernel.ui.frame import Hint, Room
from golive.respond.incidents import queries as incidents
from golive.respond.oncall import queries as oncall
from golive.ship.releases import queries as releases
from golive.ship.releases.domain.states import OUT_OF_TRAFFIC, State

WAITING = (State.AWAITING_APPROVAL, State.ASKED)


def releases_moving() -> Hint | None:
    """How many releases are on their way, and whether one waits for a person or was pulled."""
    moving = [one for one in releases.releases(open_only=True, limit=50) if one.full_at is None]
    if not moving:
        return None
    count = str(len(moving))
    if any(one.state in OUT_OF_TRAFFIC for one in moving):
        return Hint(count, "one was pulled", "broken")
    if any(one.state in WAITING for one in moving):
        return Hint(count, "one waits for a person", "suspicious")
    return Hint(count, "moving", "moving")


def incidents_open() -> Hint | None:
    """How many incidents are open, red while users are not safe."""
    found = incidents.open_incidents()
    if not found:
        return None
    burning = any(one.burns for one in found)
    return Hint(str(len(found)), "open", "broken" if burning else "suspicious")


def work_given_up() -> Hint | None:
    """How much of its own work golive gave up on."""
    count = len(work.dead_letters())
    return Hint(str(count), "given up", "suspicious") if count else None


def on_call() -> Hint | None:
    """Who is on call, for the foot of the sidebar."""
    names = oncall.names(level=1)
    return Hint("On call", ", ".join(names[:2]), "serving") if names else None


ROOMS = (
    Room("Overview", "/", "home", keys="o", on_phone=True),
    Room("Releases", "/releases", "up", "Ship", "r", on_phone=True, hint=releases_moving),
    Room("Explore", "/explore", "search", "Watch", "e", on_phone=True),
    Room("Incidents", "/incidents", "alert", "Respond", "i", on_phone=True, hint=incidents_open),
    Room("On call", "/oncall", "bell", "Respond", "c"),
    Room("Status page", "/statuspage", "megaphone", "Respond", "s"),
    Room("People and tokens", "/people", "person", "Settings", "p"),
    Room("Channels", "/channels", "channel", "Settings", "n"),
    Room("Jobs", "/jobs", "service", "Settings", "w", hint=work_given_up),
    Room("Audit", "/audit", "book", "Settings", "a"),
    Room("Style guide", "/ui", "swatch", "Settings", "u"),
)
