"""The ways out: mail by SMTP, text messages by Twilio's API. Each raises whatever keeps it from delivering."""

from collections.abc import Callable
from smtplib import SMTPRecipientsRefused

import golive_app
import httpx
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from farmersmarket.outbox.domain import EMAIL, SMS
from farmersmarket.outbox.models import Message

TIMEOUT = 10.0


class RefusedError(Exception):
    """This recipient will never get it, however often it is tried."""


def by_email(message: Message) -> None:
    """Hands a message to the mail server; the same id each time lets the reader's program drop a repeat."""
    mail = EmailMessage(
        message.subject,
        message.body,
        None,
        [message.recipient],
        headers={"Message-ID": f"<{message.id}@farmersmarket>"},
    )
    mail.connection = get_connection()
    try:
        mail.send()
    except SMTPRecipientsRefused as error:
        # https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1: 4yz asks to come again, 5yz not to.
        if all(code >= 500 for code, _ in error.recipients.values()):
            raise RefusedError from error
        raise


def by_sms(message: Message) -> None:
    """Hands a message to Twilio: ``POST /2010-04-01/Accounts/{sid}/Messages.json``."""
    account = settings.TWILIO_ACCOUNT_SID
    path = f"/2010-04-01/Accounts/{account}/Messages.json"
    form = {"From": settings.TWILIO_FROM, "To": message.recipient, "Body": message.body[:1000]}
    with (
        golive_app.span("POST sms", url__path=path, server__address=settings.TWILIO_URL),
        httpx.Client(base_url=settings.TWILIO_URL, timeout=TIMEOUT, trust_env=False) as client,
    ):
        answer = client.post(path, data=form, auth=(account, settings.TWILIO_AUTH_TOKEN))
    if answer.status_code == 400:  # the number, or the text: https://www.twilio.com/docs/api/errors
        raise RefusedError
    answer.raise_for_status()


def configured() -> dict[str, Callable[[Message], None]]:
    """The channels that have what they need; messages for others wait."""
    ways: dict[str, Callable[[Message], None]] = {}
    if settings.EMAIL_HOST:
        ways[EMAIL] = by_email
    if settings.TWILIO_ACCOUNT_SID:
        ways[SMS] = by_sms
    return ways
