"""The one shape of an anticipated failure, for the API, the command line and the pages (RFC 9457)."""

from typing import Any, ClassVar


class Problem(Exception):  # noqa: N818  a problem is a state that was foreseen, not a fault of the program
    """What happened (`detail`), what to do (`hint`) and the facts; subclasses live where they are raised.

    `status` is the HTTP status, `exit_code` the status of the command line, `slug` names the docs page.
    """

    slug: ClassVar[str] = "problem"
    title: ClassVar[str] = "That did not work"
    status: ClassVar[int] = 400
    exit_code: ClassVar[int] = 1

    def __init__(self, detail: str, *, hint: str = "", **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.facts = facts

    def as_json(self) -> dict[str, Any]:
        """Return the problem+json body; `type` is the address of the docs page, `exit_code` the command line's."""
        return {
            **self.facts,
            "type": f"/docs/problems#{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
            "exit_code": self.exit_code,
        }


class NotFound(Problem):
    """The thing that was asked for does not exist, or the asker may not know that it does."""

    slug = "not-found"
    title = "There is no such thing"
    status = 404
    exit_code = 4


class Conflict(Problem):
    """The request is right but the present state does not allow it."""

    slug = "conflict"
    title = "That cannot be done now"
    status = 409
    exit_code = 5


class Invalid(Problem):
    """The request itself is wrong."""

    slug = "invalid"
    title = "The input is not valid"
    status = 422
    exit_code = 2
