"""Writing notices in the transaction of their news, and recording what providers said."""

from datetime import datetime

from golive.kernel.durable import enqueue
from golive.kernel.ids import new_id
from golive.respond.channels.ports import Receipt
from golive.respond.notices import domain
from golive.respond.notices.domain import News, Reached
from golive.respond.notices.models import Notice, NoticeState
from golive.respond.notices.queries import cast, reach
from golive.ship.releases import queries as releases
from golive.ship.releases.events import ReleaseFailed, ReleaseNews
from golive.ship.services import queries as services
from golive.ship.services.domain.manifest import Occasion

NOTICE = "respond.notice"
UNREACHED = "No channel reaches them."


def tell(news: ReleaseNews, *, occasion: Occasion, words: str, at: datetime) -> None:
    """Write the notices about news and enqueue them, once per entry of the record and person. Raises NotFound."""
    if occasion not in services.service(news.service).manifest.notify.on:
        return
    release = releases.release(news.release)
    sentence = domain.stopped_at(news.reason) if isinstance(news, ReleaseFailed) else news.sentence
    said = News(
        occasion,
        words,
        news.release,
        news.service,
        news.version,
        news.environment,
        sentence,
        news.head,
        release.subject,
        release.author,
        release.requested_by,
    )
    for people in domain.together(reach(domain.audience(occasion, cast(release)))):
        _write(said, people, at)


def record_accepted(notice: str, receipt: Receipt, *, at: datetime) -> None:
    """Mark a notice as taken by the provider."""
    row = Notice.objects.select_for_update().get(pk=notice)
    row.state, row.accepted_at, row.error = NoticeState.ACCEPTED, at, ""
    row.provider_id, row.tries = receipt.provider_id[:200], row.tries + 1
    row.save()


def record_failed(notice: str, detail: str, *, final: bool) -> int:
    """Note a failure and return how often this notice has failed; `final`, or too many, is the end of it."""
    row = Notice.objects.select_for_update().get(pk=notice)
    row.tries, row.error = row.tries + 1, detail[:500]
    if final or row.tries >= domain.PATIENCE.tries:
        row.state = NoticeState.FAILED
    row.save()
    return row.tries


def _write(news: News, people: list[Reached], at: datetime) -> None:
    first = people[0]
    way = first.way
    facts = {
        "id": new_id("ntc"),
        "occasion": news.occasion,
        "name": ", ".join(one.name for one in people),
        "subject": domain.subject(news),
        "text": domain.text(news),
        "created_at": at,
    }
    if way:
        facts |= {"channel": way.channel, "channel_name": way.channel_name, "address": way.address}
    else:
        facts |= {"state": NoticeState.FAILED, "error": UNREACHED}
    row, new = Notice.objects.get_or_create(release=news.release, head=news.head, email=first.email, defaults=facts)
    if new and way:
        enqueue(NOTICE, key=row.pk)
