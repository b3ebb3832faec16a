"""What tests do like a shopper."""

from django.test import Client
from farmersmarket.catalog.models import Product


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
