"""Configuring channels, firing a test through them, and handing over the messages of outboxes."""

import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime

from django.db import transaction

from golive.kernel import audit, clock
from golive.kernel.access.roles import Actor
from golive.kernel.durable import Done, Job, Outcome, Wait
from golive.kernel.ids import new_id
from golive.kernel.log import get_logger
from golive.kernel.problems import Conflict, Invalid, NotFound
from golive.respond.channels.domain import Patience
from golive.respond.channels.models import ChannelRow
from golive.respond.channels.ports import Channel, ChannelFailed, Kind, Message, Receipt
from golive.respond.channels.queries import (
    SecretsUnreadable,
    decrypt,
    encrypt,
    kind_of,
    open_channel,
    row_of,
)

SEND_LIMIT_S = 15.0  # a channel promises ten; what carries it (a mail server, a library, a resolver) promises nothing
logger = get_logger(__name__)


def add(*, by: Actor, name: str, kind: str, settings: Mapping[str, str]) -> str:
    """Add a channel and return its id. Raises Conflict (name taken), Invalid, NotFound (kind)."""
    spoken = kind_of(kind)
    plain, secrets = _sort(spoken, settings, {})
    if not name.strip():
        raise Invalid("A channel needs a name.")
    if ChannelRow.objects.filter(name=name).exists():
        raise Conflict(f"There is a channel {name} already.")
    with transaction.atomic():
        row = ChannelRow.objects.create(
            id=new_id("ch"),
            name=name.strip(),
            kind=kind,
            settings=plain,
            secrets=encrypt(secrets),
            created_at=clock.now(),
        )
        audit.record(actor=str(by), action="channel.added", subject=name, facts={"kind": kind})
    return row.pk


def change(*, by: Actor, channel: str, settings: Mapping[str, str] | None = None, is_on: bool | None = None) -> None:
    """Change settings (an empty secret keeps the one that is stored) or switch it. Raises NotFound, Invalid."""
    with transaction.atomic():
        row = row_of(channel)
        if settings is not None:
            row.settings, secrets = _sort(kind_of(row.kind), settings, decrypt(row.secrets))
            row.secrets = encrypt(secrets)
        if is_on is not None:
            row.is_on = is_on
        row.save()
        audit.record(
            actor=str(by),
            action="channel.changed",
            subject=row.name,
            facts={"settings": settings is not None, "on": row.is_on},
        )


def remove(*, by: Actor, channel: str) -> None:
    """Remove a channel. Raises NotFound."""
    with transaction.atomic():
        row = row_of(channel)
        row.delete()
        audit.record(actor=str(by), action="channel.removed", subject=row.name)


def fire_test(*, by: Actor, channel: str, to: str = "") -> Receipt:
    """Send a harmless message through the channel now and keep the outcome. Raises ChannelFailed, NotFound."""
    row = row_of(channel)
    message = Message(
        key=new_id("test"),
        act="notice",
        dedup_key="golive-test",
        severity="info",
        to=to,
        subject="[golive] test of this channel",
        text=f"{by.name or by.email} tested the channel “{row.name}”. Nothing has happened.",
    )
    error = ""
    try:
        return _send(open_channel(row.pk), message)
    except ChannelFailed as problem:
        error = problem.detail
        raise
    finally:
        with transaction.atomic():
            ChannelRow.objects.filter(pk=row.pk).update(tested_at=clock.now(), test_error=error)
            audit.record(actor=str(by), action="channel.tested", subject=row.name, facts={"error": error})


def hand_over(
    job: Job,
    *,
    channel: str,
    message: Message,
    patience: Patience,
    taken: Callable[[Receipt, datetime], object],
    refused: Callable[[str, bool, datetime], int],
) -> Outcome:
    """Send one message of an outbox under its job's lease, then mark it: a killed sender's message goes again.

    `taken` marks it as accepted; `refused` notes what went wrong and whether it is final, and returns how often it has
    failed. Both write in the job's transaction. Raises LeaseLost.
    """
    try:
        receipt = _send(open_channel(channel), message)
    except (ChannelFailed, NotFound, SecretsUnreadable) as problem:
        failed = problem if isinstance(problem, ChannelFailed) else ChannelFailed(problem.detail, final=True)
        with job.transaction():
            failures = refused(failed.detail, failed.final, job.now())
        if failed.final or failures >= patience.tries:
            return Done()
        return Wait(job.now() + patience.pause(failures, wish=failed.retry_after))
    with job.transaction():
        taken(receipt, job.now())
    return Done()


def _send(channel: Channel, message: Message) -> Receipt:
    """Send, and be back in `SEND_LIMIT_S` with a receipt or ChannelFailed, whatever the machinery of the channel does.

    Somebody waits for what comes next: the person's next channel, a thread for the next page. A message that is left
    behind may still arrive; its repetition has the same key.
    """
    sent: Future[Receipt] = Future()

    def run() -> None:
        try:
            sent.set_result(channel.send(message))
        except BaseException as error:  # noqa: BLE001  it is raised below
            sent.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        return sent.result(SEND_LIMIT_S)
    except ChannelFailed:
        raise
    except TimeoutError as error:
        raise ChannelFailed(f"There was no answer within {SEND_LIMIT_S:.0f} s.") from error
    except Exception as error:  # what nobody foresaw of one channel must not keep the next from being tried
        # Its words stay out: a library may put an address into them, which may be a secret.
        where = traceback.extract_tb(error.__traceback__)[-1]
        kind = type(error).__name__
        logger.error("channel_broke", message=message.key, error=kind, at=f"{where.filename}:{where.lineno}")
        raise ChannelFailed(f"The channel itself broke: {type(error).__name__}.") from error


def _sort(kind: Kind, given: Mapping[str, str], stored: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return (plain, secret) settings. Raises Invalid."""
    known = {one.name: one for one in kind.settings}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise Invalid(
            f"{kind.title} knows no setting {', '.join(unknown)}.",
            hint=f"Known: {', '.join(known)}.",
        )
    values = {
        name: str(given.get(name) or (stored.get(name, "") if one.secret else "") or one.default).strip()
        for name, one in known.items()
    }
    missing = [one.label for name, one in known.items() if one.required and not values[name]]
    if missing:
        raise Invalid(f"{kind.title} needs: {', '.join(missing)}.")
    for name, one in known.items():
        if one.choices and values[name] not in one.choices:
            raise Invalid(f"{one.label} is one of {', '.join(one.choices)}.")
    try:
        kind.check(values)
    except ValueError as error:
        raise Invalid(str(error)) from error
    plain = {name: value for name, value in values.items() if not known[name].secret and value}
    return plain, {name: value for name, value in values.items() if known[name].secret and value}
