"""The sample market is the same for the same seed and may be made again."""

import pytest
from django.core.management import call_command
from farmersmarket.catalog.models import PickupSlot, Product, Stall
from farmersmarket.orders.models import Order, OrderLine
from farmersmarket.people.models import Person
from farmersmarket.world.world import stalls


def test_the_plan_follows_its_seed() -> None:
    assert stalls("small", 1) == stalls("small", 1)
    assert stalls("small", 1) != stalls("small", 2)


@pytest.mark.parametrize(("size", "count", "each"), [("small", 12, 5), ("large", 200, 100)])
def test_sizes_and_addresses(size: str, count: int, each: int) -> None:
    plans = stalls(size, 1)
    slugs = [offer.slug for plan in plans for offer in plan.offers]
    assert len(plans) == len({plan.slug for plan in plans}) == count
    assert len(slugs) == len(set(slugs)) == count * each


def test_it_may_be_made_again(db: None) -> None:
    for orders in (30, 50, 50):
        call_command("sample_world", orders=orders)
    assert (Stall.objects.count(), Product.objects.count(), Person.objects.count()) == (12, 60, 12)
    assert PickupSlot.objects.count() == 12 * 7 * 4
    assert Order.objects.count() == 50
    assert OrderLine.objects.values("order").distinct().count() == 50


def test_farmers_cannot_log_in_unless_a_password_is_given(world: None) -> None:
    assert not any(person.has_usable_password() for person in Person.objects.all())
