"""Addresses."""

from django.urls import path

from farmersmarket import front, pages, pictures
from farmersmarket.api import api
from farmersmarket.farm import office
from farmersmarket.farm import pages as farm
from farmersmarket.farm import products as offers
from farmersmarket.letters import pages as letters
from farmersmarket.orders import pages as orders
from farmersmarket.orders import webhooks
from farmersmarket.outbox import pages as outbox
from farmersmarket.people import pages as people
from farmersmarket.people import passwords

urlpatterns = [
    path("", pages.home, name="home"),
    path("stalls", pages.stalls, name="stalls"),
    path("stalls/<slug:slug>", pages.stall, name="stall"),
    path("products", pages.products, name="products"),
    path("products/<slug:slug>", pages.product, name="product"),
    path("products/<slug:slug>/reviews", pages.review, name="review"),
    path("cart", orders.show_cart, name="cart"),
    path("cart/change", orders.change_cart, name="change_cart"),
    path("checkout", orders.checkout, name="checkout"),
    path("orders/<slug:order_id>/track", orders.track, name="track"),
    path("orders/<slug:order_id>/letters/<slug:slug>", letters.write, name="write_letter"),
    path("orders/<slug:order_id>/cancel", orders.cancel, name="cancel"),
    path("live/bell", outbox.unread, name="bell"),
    path("live/<slug:order_id>", orders.events, name="events"),
    path("login", people.login, name="login"),
    path("logout", people.logout, name="logout"),
    path("sign-up", people.sign_up, name="sign_up"),
    path("account", people.account, name="account"),
    path("account/data", people.data, name="data"),
    path("account/delete", people.leave, name="leave"),
    path("account/tokens", people.create_token, name="create_token"),
    path("account/tokens/<int:token_id>", people.delete_token, name="delete_token"),
    path("password", passwords.Reset.as_view(), name="password_reset"),
    path("password/<uidb64>/<token>", passwords.NewPassword.as_view(), name="password_set"),
    path("notices", outbox.notices, name="notices"),
    path("preferences", outbox.preferences, name="preferences"),
    path("farm", farm.farm, name="farm"),
    path("farm/products/new", offers.add_product, name="add_product"),
    path("farm/products/<slug:slug>", offers.edit_product, name="edit_product"),
    path("farm/products/<slug:slug>/archive", offers.archive_product, name="archive_product"),
    path("farm/products/<slug:slug>/stock", offers.adjust_stock, name="adjust_stock"),
    path("farm/pictures/<int:image_id>", offers.remove_picture, name="remove_picture"),
    path("farm/stalls/<slug:slug>/slots", farm.open_slots, name="open_slots"),
    path("farm/orders/<slug:order_id>", farm.move_order, name="move_order"),
    path("office", office.office, name="office"),
    path("office/stalls", office.stalls, name="office_stalls"),
    path("office/stalls/<int:stall_id>", office.stall, name="office_stall"),
    path("office/stalls/<int:stall_id>/open", office.open_stall, name="open_stall"),
    path("office/stalls/<int:stall_id>/close", office.close_stall, name="close_stall"),
    path("office/stalls/<int:stall_id>/orders", office.cancel_orders, name="cancel_orders"),
    path("office/messages", office.send_again, name="send_again"),
    path("sw.js", front.service_worker, name="service_worker"),
    path("offline", front.offline, name="offline"),
    path("media/<path:name>", pictures.picture, name="media"),
    path("webhooks/stripe", webhooks.stripe_events, name="stripe_events"),
    path("api/", api.urls),
]

handler500 = "farmersmarket.troubles.server_error"
