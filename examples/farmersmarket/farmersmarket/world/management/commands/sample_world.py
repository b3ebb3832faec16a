"""``manage.py sample_world --size small``: a believable market from a seed, safe to run again."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from farmersmarket.world.operations import build
from farmersmarket.world.world import SIZES


class Command(BaseCommand):
    help = "Writes a sample market; farmers may log in with $SAMPLE_PASSWORD when that is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=sorted(SIZES), default="small")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, size: str, seed: int, **options: Any) -> None:
        stalls, products = build(
            size=size, seed=seed, now=timezone.now(), password=os.environ.get("SAMPLE_PASSWORD")
        )
        self.stdout.write(f"{stalls} stalls, {products} products")
