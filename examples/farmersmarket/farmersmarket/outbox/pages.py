"""Pages of the bell and of what people want to be told."""

import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from farmersmarket.outbox import bell, domain, operations
from farmersmarket.people.models import Person
from farmersmarket.people.roles import person_of

_PHONE = re.compile(r"\+[1-9]\d{6,14}")


@never_cache
@login_required
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """The last fifty notices; what is shown counts as read."""
    person = person_of(request)
    rows = list(person.notices.all()[:50])
    person.notices.filter(read=False, id__in=[row.id for row in rows]).update(read=True)
    return render(request, "market/notices.html", {"notices": rows})


@require_safe
def unread(request: HttpRequest) -> HttpResponseBase:
    """The bell by server-sent events; 204 tells a browser that is logged out not to come back."""
    if not isinstance(request.user, Person):
        return HttpResponse(status=204)
    response = StreamingHttpResponse(bell.stream(request.user.id), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Which news by which channel, the phone number, the quiet hours."""
    person = person_of(request)
    if request.method == "POST" and _saved(request, person):
        messages.success(request, "Saved.")
        return redirect("preferences")
    chosen = operations.choices(person)
    kinds = [
        {
            "name": label,
            "channels": [
                {
                    "field": f"{kind}-{channel}",
                    "name": name,
                    "on": domain.wants(chosen, kind, channel),
                }
                for channel, name in domain.CHANNELS.items()
            ],
        }
        for kind, label in domain.KINDS.items()
        if kind in ("order", "letter") or person.role == Person.Role.FARMER
    ]
    facts = {"kinds": kinds, "hours": range(24)}
    return render(
        request, "market/preferences.html", facts, status=422 if request.method == "POST" else 200
    )


def _saved(request: HttpRequest, person: Person) -> bool:
    phone = re.sub(r"[ ()/-]", "", request.POST.get("phone", ""))
    if phone and not _PHONE.fullmatch(phone):
        messages.error(request, "Write the phone number like +49 170 1234567.")
        return False
    wanted = {
        (kind, channel): f"{kind}-{channel}" in request.POST
        for kind in domain.KINDS
        for channel in domain.CHANNELS
    }
    quiet = (_hour(request.POST.get("quiet_from", "")), _hour(request.POST.get("quiet_until", "")))
    operations.choose(person, wanted=wanted, phone=phone, quiet=quiet)
    return True


def _hour(text: str) -> int | None:
    return int(text) if text in {str(hour) for hour in range(24)} else None
