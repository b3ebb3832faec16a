"""What customers and farmers write to each other about an order."""

from django.db import models

from farmersmarket.catalog.models import Stall
from farmersmarket.orders.models import Order

CUSTOMER, FARMER = "customer", "farmer"
LONGEST = 1000


class Letter(models.Model):
    """One message between an order's customer and one of its stalls. A conversation is an order and a stall."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="letters")
    stall = models.ForeignKey(Stall, models.CASCADE, related_name="letters")
    author = models.CharField(max_length=8, choices=[(CUSTOMER, "Customer"), (FARMER, "Farmer")])
    text = models.CharField(max_length=LONGEST)
    at = models.DateTimeField()
    # Of a customer's letter: a farmer has answered, or said that no answer is needed.
    settled = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["stall"],
                condition=models.Q(author=CUSTOMER, settled=False),
                name="letter_to_answer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.author} {self.id}"
