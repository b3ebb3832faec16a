"""The rooms of the control room, in the order of the loop; a room that leads nowhere is not shown."""

from golive.kernel.ui.frame import Room

ROOMS = (
    Room("Overview", "/", "home", keys="o", on_phone=True),
    Room("Releases", "/releases", "up", "Ship", "r", on_phone=True),
    Room("Explore", "/explore", "search", "Watch", "e", on_phone=True),
    Room("Incidents", "/incidents", "alert", "Respond", "i", on_phone=True),
    Room("On call", "/oncall", "bell", "Respond", "c"),
    Room("Status page", "/statuspage", "megaphone", "Respond", "s"),
    Room("People and tokens", "/people", "person", "Settings", "p"),
    Room("Channels", "/channels", "channel", "Settings", "n"),
    Room("Audit", "/audit", "book", "Settings", "a"),
    Room("Style guide", "/ui", "swatch", "Settings", "u"),
)
