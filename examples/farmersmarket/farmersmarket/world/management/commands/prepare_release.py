"""``manage.py prepare_release``: migrations, then the sample market where ``SAMPLE_WORLD`` asks for one."""

import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Runs migrations; writes the sample market when $SAMPLE_WORLD is small or large."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        size = os.environ.get("SAMPLE_WORLD")
        if size:
            call_command("sample_world", size=size)
