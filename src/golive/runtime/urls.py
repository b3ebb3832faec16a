"""Addresses of the control room."""

from django.urls import URLPattern, URLResolver, path

from golive.kernel.access import pages as access
from golive.kernel.access.http import page
from golive.kernel.ui import pages as ui
from golive.respond.channels import pages as channels
from golive.respond.oncall import pages as oncall
from golive.respond.overview import pages as overview
from golive.respond.overview.pages import palette, service
from golive.respond.paging import pages as paging
from golive.respond.statuspage import pages as statuspage
from golive.runtime import audit, given_up, health, live
from golive.runtime.http import api
from golive.ship.board import pages as board
from golive.watch.telemetry import pages as explore

handler500 = "golive.runtime.middleware.on_fault"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/health", health.health),
    path("api/ready", health.ready),
    path("api/v1/events/stream", live.stream),
    path("api/v1/", api.urls),
    path("login", access.log_in),
    path("login/<str:secret>", access.log_in_by_link),
    path("logout", access.log_out),
    path("ui", page()(ui.style_guide)),
    path("rooms", page()(ui.rooms)),
    path("", overview.overview),
    path("palette.json", palette.palette),
    path("services/<str:name>", service.service),
    path("releases", board.releases),
    path("releases/<str:release_id>", board.release),
    path("releases/<str:release_id>/evidence", board.evidence_of),
    path("releases/<str:release_id>/<str:verb>", board.act),
    path("gates/<str:run_id>", board.gate),
    path("explore", explore.requests),
    path("explore/traces", explore.search_traces),
    path("explore/traces/<str:trace_id>", explore.trace),
    path("explore/logs", explore.search_logs),
    path("audit", audit.acts),
    path("jobs", given_up.show),
    path("jobs/<str:job_id>/<str:verb>", given_up.decide),
    path("people", access.people),
    path("people/add", access.add_person),
    path("people/tokens", access.add_token),
    path("people/tokens/<int:token_id>/revoke", access.revoke_token),
    path("channels", channels.channels),
    path("channels/add", channels.add),
    path("channels/<str:channel_id>/test", channels.test),
    path("channels/<str:channel_id>/switch", channels.switch),
    path("channels/<str:channel_id>/remove", channels.remove),
    path("oncall", oncall.oncall),
    path("oncall/list", oncall.set_list),
    path("oncall/contacts", oncall.set_contacts),
    path("incidents", paging.list_incidents),
    path("incidents/<str:incident_id>", paging.incident),
    path("incidents/<str:incident_id>/<str:verb>", paging.act),
    path("ack/<str:token>", paging.acknowledge),
    path("statuspage", statuspage.statuspage),
    path("statuspage/updates/<int:update_id>/words", statuspage.word),
]
