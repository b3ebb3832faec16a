"""Releases of the same revision get names of their own, oldest first, as new ones do."""

from typing import Any

from django.db import migrations

from golive.ship.releases.domain.naming import apart


def name_apart(apps: Any, _editor: Any) -> None:
    taken: dict[str, set[str]] = {}
    for release in apps.get_model("releases", "Release").objects.order_by("created_at", "pk"):
        names = taken.setdefault(release.service, set())
        name = apart(release.version, names)
        names.add(name)
        if name != release.version:
            release.version = name
            release.save(update_fields=["version"])


class Migration(migrations.Migration):
    dependencies = [("releases", "0001_initial")]
    operations = [migrations.RunPython(name_apart, migrations.RunPython.noop)]
