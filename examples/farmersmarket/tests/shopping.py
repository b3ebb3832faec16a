"""What tests do like a shopper."""

import io
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail.backends.locmem import EmailBackend
from django.core.mail.message import EmailMessage
from django.test import Client
from django.utils import timezone
from farmersmarket.catalog.models import Product
from farmersmarket.orders import operations
from farmersmarket.orders.models import Order
from PIL import Image


def fill_cart(client: Client, product: Product, quantity: int = 1) -> dict[str, str]:
    """Puts a product into the cart and returns a checkout form that would be accepted."""
    client.post("/cart/change", {"product": product.id, "quantity": quantity, "add": "1"})
    form = client.get("/checkout").context["form"]
    return {
        "name": "Ada",
        "email": "ada@example.org",
        "note": "",
        "pickup_at": next(iter(form.windows)),
        "checkout_key": form["checkout_key"].value(),
    }


def collected(order: Order) -> Order:
    """The order, handed over."""
    for status in ("CONFIRMED", "PREPARING", "READY", "COLLECTED"):
        order = operations.change_status(
            order_id=order.id, wanted=status, role="admin", actor="office", now=timezone.now()
        )
    return order


def png(width: int, height: int) -> bytes:
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), "tomato").save(out, "PNG")
    return out.getvalue()


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("picture.png", content, "image/png")


class FlakyBackend(EmailBackend):
    """A mail server that fails one call in five."""

    chance = Random(7)

    def send_messages(self, messages: list[EmailMessage]) -> int:
        if self.chance.random() < 0.2:
            raise ConnectionResetError
        return super().send_messages(messages)
