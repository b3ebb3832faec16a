"""Addresses."""

from django.urls import path

from farmersmarket import pages
from farmersmarket.api import api
from farmersmarket.orders import pages as orders

urlpatterns = [
    path("", pages.home, name="home"),
    path("stalls", pages.stalls, name="stalls"),
    path("stalls/<slug:slug>", pages.stall, name="stall"),
    path("products", pages.products, name="products"),
    path("products/<slug:slug>", pages.product, name="product"),
    path("cart", orders.show_cart, name="cart"),
    path("cart/change", orders.change_cart, name="change_cart"),
    path("checkout", orders.checkout, name="checkout"),
    path("orders/<slug:order_id>/track", orders.track, name="track"),
    path("orders/<slug:order_id>/cancel", orders.cancel, name="cancel"),
    path("live/<slug:order_id>", orders.events, name="events"),
    path("api/", api.urls),
]
