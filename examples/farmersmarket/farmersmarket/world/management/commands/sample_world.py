"""``manage.py sample_world --size small``: a believable market from a seed, safe to run again."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from farmersmarket.world.history import ORDERS, write
from farmersmarket.world.operations import build
from farmersmarket.world.world import SIZES


class Command(BaseCommand):
    help = "Writes a sample market; farmers may log in with $SAMPLE_PASSWORD when that is set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--size", choices=sorted(SIZES), default="small")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--orders", type=int, help="past orders; 200,000 in a large market")

    def handle(
        self, *args: Any, size: str, seed: int, orders: int | None = None, **options: Any
    ) -> None:
        now = timezone.now()
        password = os.environ.get("SAMPLE_PASSWORD")
        stalls, products = build(size=size, seed=seed, now=now, password=password)
        count = ORDERS[size] if orders is None else orders
        written = write(count=count, seed=seed, now=now)
        self.stdout.write(f"{stalls} stalls, {products} products, {written} orders written")
