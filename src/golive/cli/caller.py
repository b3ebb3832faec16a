"""Who calls whom: GOLIVE_TOKEN for another than the owner of a home, GOLIVE_SERVER for a golive on another machine."""

import ipaddress
import re
from typing import ClassVar, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from golive.kernel.config import from_environment
from golive.kernel.problems import Invalid

TOKEN: Final = re.compile(r"[\x21-\x7e]+")  # what a header may carry
NAMED: Final = "such as https://golive.example.com"


class NotSent(Invalid):
    """What the variables say of the caller is incomplete or not safe: no token has left this machine."""

    slug: ClassVar[str] = "token-not-sent"
    title: ClassVar[str] = "The token was not sent"


class NotHere(Invalid):
    """The command is about a golive on this machine, and GOLIVE_SERVER names one elsewhere."""

    slug: ClassVar[str] = "not-here"
    title: ClassVar[str] = "This is said on golive's own machine"


class Caller(BaseModel):
    """Variables of the command line alone; each field is `GOLIVE_<FIELD>`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    server: str = Field("", description=f"Address of a golive on another machine, {NAMED}; needs GOLIVE_TOKEN.")
    token: SecretStr | None = Field(
        None, description="Whose word it is; not set: the owner's of this machine's golive."
    )
    plain_http: bool = Field(
        False, description="Send the token over plain http to other machines, too: only where the network encrypts."
    )

    @property
    def secret(self) -> str:
        """The token, "" where the owner's of a home counts."""
        return self.token.get_secret_value().strip() if self.token else ""

    def check(self, address: str) -> str:
        """Return the address to which the token may go. Raises NotSent, with no word of the token."""
        if self.token is None:
            raise NotSent(
                "GOLIVE_SERVER names a golive, and no GOLIVE_TOKEN says who calls.",
                hint="Make a token in that golive: `golive token create CI --person ci@example.com`.",
            )
        if not TOKEN.fullmatch(self.secret):
            raise NotSent(
                "GOLIVE_TOKEN is empty, or no token: it has spaces or line breaks in it.",
                hint="Set it to what `golive token create` printed; unset it to speak as the owner of a golive here.",
            )
        parts = _address(address)
        if parts.scheme == "http" and not self.plain_http and not is_loopback(str(parts.hostname)):
            raise NotSent(
                f"It would go to {parts.hostname} over plain http, where others can read it on its way.",
                hint=f"Use https, or a tunnel: `ssh -N -L 8100:127.0.0.1:8100 {parts.hostname}`, and "
                "GOLIVE_SERVER=http://localhost:8100. GOLIVE_PLAIN_HTTP=1 sends it all the same.",
            )
        return address.rstrip("/")


def caller() -> Caller:
    """Return what the environment says. Raises ConfigInvalid."""
    return from_environment(Caller)


def only_here(command: str) -> None:
    """Raise NotHere where GOLIVE_SERVER names another golive than the one that `command` is about."""
    if caller().server:
        raise NotHere(
            f"`{command}` works on golive's own machine only, and GOLIVE_SERVER names a golive elsewhere.",
            hint="Unset GOLIVE_SERVER, or say it there.",
        )


def is_loopback(host: str) -> bool:
    """Say whether what goes to a host stays on this machine."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified  # 0.0.0.0, where a golive listens, is this machine


def _address(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or not TOKEN.fullmatch(text) or parts.query or parts.fragment:
        raise NotSent("GOLIVE_SERVER is no address of a golive.", hint=f"Set it to one {NAMED}.")
    if "@" in parts.netloc:
        raise NotSent(
            "GOLIVE_SERVER has credentials in it, which would be shown.", hint="Leave them out: GOLIVE_TOKEN says who."
        )
    return parts
