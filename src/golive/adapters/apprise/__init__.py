"""The long tail of services, by Apprise (https://github.com/caronc/apprise): one URL, one receiver."""

from collections.abc import Mapping

from golive.adapters.outgoing import check_host
from golive.respond.channels.ports import ChannelFailed, Kind, Message, Receipt, Setting

HOSTS = ("host", "smtp_host")  # where Apprise's services keep whom they call, those that let people choose it


class Apprise:
    """One Apprise URL. The library is loaded on the first message: it takes a second and thirty megabytes."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._url = settings["url"]

    def send(self, message: Message) -> Receipt:
        import apprise

        target = apprise.Apprise()
        if not target.add([self._url]):  # a bare text may hold several addresses, of which one was checked
            raise ChannelFailed("Apprise does not understand this address.", final=True)
        for service in target:
            service.redirects = False
            for host in {getattr(service, name, None) for name in HOSTS} - {None, ""}:
                check_host(str(host))
        kinds = {"resolve": apprise.NotifyType.SUCCESS, "trigger": apprise.NotifyType.FAILURE}
        links = "\n".join(link for link in (message.ack_link, message.link) if link)
        sent = target.notify(
            title=message.subject,
            body=f"{message.text}\n{links}",
            notify_type=kinds.get(message.act, apprise.NotifyType.INFO),
            body_format=apprise.NotifyFormat.TEXT,
        )
        if not sent:
            raise ChannelFailed("The service did not take the message.")
        return Receipt()


def _check(settings: Mapping[str, str]) -> None:
    scheme, separator, _rest = settings["url"].partition("://")
    if not separator or not scheme.isalnum():
        raise ValueError("The address is an Apprise URL, such as ntfy://topic.")
    if scheme.lower() in {
        "file",
        "dbus",
        "glib",
        "qt",
        "kde",
        "windows",
        "macosx",
        "syslog",
        "gnome",
    }:
        raise ValueError(f"{scheme}:// reaches only this machine.")
    if scheme.lower().rstrip("s") in {"json", "xml", "form"}:
        raise ValueError("For an address of your own use the signed webhook: it is guarded.")


KIND = Kind(
    name="apprise",
    title="Other (Apprise)",
    settings=(Setting("url", "Apprise URL", secret=True),),
    open=Apprise,
    check=_check,
)
