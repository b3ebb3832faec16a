"""Route templates of the frameworks in one notation: ``/products/{slug}``."""

import re
from urllib.parse import quote

HEADER = "x-golive-route"
_ANGLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_BRACE = re.compile(r"\{([^{}:]+):[^{}]+\}")
_GROUP = re.compile(r"\(\?P<([^<>]+)>(?:[^()]|\([^()]*\))*\)")
_ANCHORS = re.compile(r"\\[AZbB]|[\^$]|\?(?=$)")


def template(route: str) -> str:
    r"""One notation for ``<slug:slug>``, ``{id:int}`` and ``(?P<id>\d+)``.

    The result is printable ASCII, so that it can be a header's value.
    """
    route = _ANCHORS.sub("", _GROUP.sub(r"{\1}", route))
    route = _BRACE.sub(r"{\1}", _ANGLE.sub(r"{\1}", route))
    return quote("/" + route.lstrip("/"), safe="/{}-._~!$&'()*+,;=:@")
