"""Rendering the page into files at the edge, on each change and every 30 seconds; written only when it differs."""

import json
from datetime import timedelta
from pathlib import Path

from django.template.loader import render_to_string

from golive.kernel.config import settings
from golive.kernel.durable import every
from golive.kernel.files import replace_file
from golive.kernel.log import get_logger
from golive.respond.statuspage.operations import RENDER
from golive.respond.statuspage.queries import StatusView, directory, status
from golive.ship.traffic import operations as traffic

logger = get_logger(__name__)
TITLES = {
    "operational": "Everything works.",
    "maintenance": "Maintenance is under way.",
    "degraded": "Some visitors see errors.",
    "outage": "There is an outage.",
}


@every(RENDER, timedelta(seconds=30))
def publish() -> None:
    """Render the page and, when it changed, have the edge serve it."""
    changed = write(render(status()), directory())
    if changed:
        traffic.apply()
        logger.info("statuspage_published", files=changed)


def render(view: StatusView) -> dict[str, str]:
    """Return the page's files by name. Nothing in them depends on the moment but the facts."""
    context = {"status": view, "title": TITLES[view.health], "url": settings().url}
    return {
        "index.html": render_to_string("respond/statuspage/public.html", context),
        "feed.atom": render_to_string("respond/statuspage/feed.xml", context),
        "status.json": json.dumps(_facts(view), indent=1),
    }


def write(files: dict[str, str], home: Path) -> list[str]:
    """Replace the files whose content differs, each atomically; return their names."""
    home.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in files.items():
        path = home / name
        if path.exists() and path.read_text() == text:
            continue
        replace_file(path, text)
        changed.append(name)
    return changed


def _facts(view: StatusView) -> dict[str, object]:
    return {
        "status": view.health,
        "changed_at": view.changed_at.isoformat(),
        "components": [
            {
                "name": one.name,
                "status": one.health,
                "uptime_90_days": round(one.uptime, 5),
                "days": [
                    {"day": bar.day.isoformat(), "status": bar.health, "trouble_s": bar.trouble_s} for bar in one.bars
                ],
            }
            for one in view.components
        ],
        "incidents": [
            {
                "id": story.incident,
                "component": story.component,
                "state": story.state,
                "updates": [
                    {"at": said.at.isoformat(), "state": said.state, "text": said.text} for said in story.updates
                ],
            }
            for story in view.stories
        ],
        "maintenance": [
            {
                "component": one.component,
                "title": one.title,
                "text": one.text,
                "starts_at": one.starts_at.isoformat(),
                "ends_at": one.ends_at.isoformat(),
            }
            for one in view.maintenance
        ],
    }
