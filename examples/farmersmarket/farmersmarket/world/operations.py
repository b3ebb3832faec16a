"""Writes a sample market into the database; what is there already stays as it is."""

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from farmersmarket.catalog import edition
from farmersmarket.catalog.models import Product, Stall
from farmersmarket.catalog.operations import open_slots
from farmersmarket.people.models import Person
from farmersmarket.world.world import StallPlan, stalls

HOURS = (8, 11, 14, 17)
CAPACITY = 500


def build(*, size: str, seed: int, now: datetime, password: str | None = None) -> tuple[int, int]:
    """Makes stalls, farmers, products and a week of pickup slots; returns how many stalls and products exist.

    Farmers can log in only when ``password`` is given.
    """
    plans = stalls(size, seed)
    with transaction.atomic():
        farmers = _farmers(plans, password)
        Stall.objects.bulk_create(
            (
                Stall(
                    slug=p.slug,
                    name=p.name,
                    town=p.town,
                    story=p.story,
                    verified=True,
                    farmer=farmers[_email(p)],
                )
                for p in plans
            ),
            ignore_conflicts=True,
        )
        rows = {
            stall.slug: stall
            for stall in Stall.objects.filter(slug__in=[plan.slug for plan in plans])
        }
        Product.objects.bulk_create(
            (
                Product(stall=rows[plan.slug], **vars(offer))
                for plan in plans
                for offer in plan.offers
            ),
            ignore_conflicts=True,
            batch_size=2000,
        )
        open_slots(list(rows.values()), hours=HOURS, capacity=CAPACITY, now=now)
        edition.turn()
    return Stall.objects.count(), Product.objects.count()


def _email(plan: StallPlan) -> str:
    return f"{plan.slug}@farmers.example"


def _farmers(plans: list[StallPlan], password: str | None) -> dict[str, Person]:
    # One hash for all: hashing is slow by design, and the password is the same.
    hashed = make_password(password)
    Person.objects.bulk_create(
        (
            Person(email=_email(plan), name=plan.farmer, role=Person.Role.FARMER, password=hashed)
            for plan in plans
        ),
        ignore_conflicts=True,
    )
    return Person.objects.in_bulk([_email(plan) for plan in plans], field_name="email")
