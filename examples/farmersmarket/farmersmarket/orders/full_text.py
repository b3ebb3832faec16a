"""What orders are searched by."""

from farmersmarket.full_text import FullText

ORDERS = FullText("order_text", "orders_order", ("name", "email"), key="id")
