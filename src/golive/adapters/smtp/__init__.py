"""Mail by SMTP (RFC 5321), with TLS unless the server is asked without."""

import hashlib
import smtplib
import socket
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from html import escape

from golive.adapters.outgoing import tls
from golive.kernel import clock
from golive.respond.channels.ports import ChannelFailed, Kind, Message, Receipt, Setting

WAIT = 5.0
NAME = socket.gethostname()  # said to mail servers; a full name would cost a DNS query that may hang


class Smtp:
    """One mail server. A repeated message has the same Message-ID, which most mailboxes show once."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._settings = settings

    def send(self, message: Message) -> Receipt:
        if not message.to:
            raise ChannelFailed("This message has no mail address to go to.", final=True)
        mail = compose(message, sender=self._settings["sender"])
        host = self._settings["host"]
        try:
            with self._connect() as server:
                self._log_in(server)
                server.send_message(mail)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
            raise ChannelFailed(f"{host} refused the address.", final=_is_permanent(error)) from error
        except smtplib.SMTPAuthenticationError as error:
            raise ChannelFailed(f"{host} refused the login.", final=True) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelFailed(f"{host} did not take the mail: {type(error).__name__}.") from error
        return Receipt(provider_id=str(mail["Message-ID"]))

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings["host"], int(self._settings["port"])
        if self._settings["security"] == "tls":
            return smtplib.SMTP_SSL(host, port, NAME, timeout=WAIT, context=tls())
        server = smtplib.SMTP(host, port, NAME, timeout=WAIT)
        if self._settings["security"] == "starttls":
            server.starttls(context=tls())
        return server

    def _log_in(self, server: smtplib.SMTP) -> None:
        if self._settings.get("username"):
            server.login(self._settings["username"], self._settings.get("password", ""))


def compose(message: Message, *, sender: str) -> EmailMessage:
    """Return the mail: plain text with a simple HTML alternative."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = " ".join(message.subject.split())[:200]
    mail["Date"] = format_datetime(clock.now())
    domain = parseaddr(sender)[1].rpartition("@")[2] or "golive"
    mail["Message-ID"] = f"<{hashlib.sha256(message.key.encode()).hexdigest()[:32]}@{domain}>"
    thread = f"<{hashlib.sha256(message.dedup_key.encode()).hexdigest()[:32]}@{domain}>"
    mail["References"] = thread
    mail["Auto-Submitted"] = "auto-generated"
    if message.severity in {"critical", "error"} and message.act == "trigger":
        mail["X-Priority"] = "1"
    links = [(name, link) for name, link in (("Acknowledge", message.ack_link), ("Open", message.link)) if link]
    mail.set_content("\n\n".join([message.text, *(f"{name}: {link}" for name, link in links)]) + "\n")
    anchors = "".join(f'<p><a href="{escape(link)}">{name}</a></p>' for name, link in links)
    body = escape(message.text).replace("\n", "<br>")
    mail.add_alternative(f"<html><body><p>{body}</p>{anchors}</body></html>", subtype="html")
    return mail


def _is_permanent(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused) -> bool:
    if isinstance(error, smtplib.SMTPSenderRefused):
        return error.smtp_code >= 500
    return all(code >= 500 for code, _text in error.recipients.values())


def _check(settings: Mapping[str, str]) -> None:
    if not settings["port"].isdecimal() or not 0 < int(settings["port"]) < 65536:
        raise ValueError("The port is a number from 1 to 65535.")
    if "@" not in parseaddr(settings["sender"])[1] or any(mark in settings["sender"] for mark in "\r\n"):
        raise ValueError("The sender is a mail address.")


KIND = Kind(
    name="smtp",
    title="Mail",
    settings=(
        Setting("host", "Mail server"),
        Setting("port", "Port", default="587"),
        Setting("security", "Security", default="starttls", choices=("starttls", "tls", "none")),
        Setting("sender", "Sender"),
        Setting("username", "User name", required=False),
        Setting("password", "Password", secret=True, required=False),
    ),
    open=Smtp,
    check=_check,
    addressed=True,
)
