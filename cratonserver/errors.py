# SPDX-License-Identifier: Apache-2.0
"""The error responses of the server."""

from __future__ import annotations

import collections.abc

from cratonclient import secrets
from cratonclient.printable import printable

#: The maximum number of characters in a line of a message. Messages quote values of the
#: client, which may be very long.
_MAX_LENGTH = 400
#: The message of an unexpected error. Only the log contains the details.
UNKNOWN = "An unknown exception occurred"


class Refused(Exception):
    """An error response to a request.

    :param status: HTTP status, 400 or higher.
    :param lines: lines of the message. Long lines are shortened.
    :param headers: additional headers of the response.
    :param reason: the limit that was reached, such as ``"user_limit"``. The metrics count it,
        and the log says who reached it. Empty if the request was refused for another reason.
    """

    def __init__(
        self,
        status: int,
        *lines: str,
        headers: collections.abc.Mapping[str, str] | None = None,
        reason: str = "",
    ) -> None:
        self.status = status
        self.reason = reason
        self.message = "\n".join(map(brief, lines))
        self.headers = dict(headers or {})
        #: Further members of the body of the response.
        self.members: dict[str, object] = {}
        super().__init__(self.message)


class ClientGone(Refused):
    """The client has disconnected before it had its response.

    No client sees this. The status is the one that nginx has for such requests, 499, which
    the access log and the metrics contain.
    """

    def __init__(self) -> None:
        super().__init__(499, "The client has disconnected.")


class InUse(Refused):
    """The object cannot be deleted, because another object refers to it: status 409.

    :param message: the message.
    """

    def __init__(self, message: str) -> None:
        super().__init__(409, message)


def invalid(problems: collections.abc.Iterable[str]) -> Refused:
    """Return the error for a request with one or more problems: status 400.

    :param problems: the problems. Secrets inside the values that they quote are masked.
    """
    lines = [f"- {secrets.mask(problem)}" for problem in sorted(problems)]
    return Refused(400, "The request included the following errors:", *lines)


def missing_role(role: str) -> Refused:
    """Return the error for a user who lacks a role: status 403."""
    return Refused(403, f"This action requires the '{role}' role")


def not_found() -> Refused:
    """Return the error for an object that does not exist or is not visible: status 404."""
    return Refused(404, "Not Found")


def brief(text: str) -> str:
    """Replace the middle of a long text by an ellipsis, and escape control characters.

    >>> brief("'" + 1000 * "x" + "' is too long")[-20:]
    "xxxxx' is too long"
    """
    if len(text) > _MAX_LENGTH:
        text = f"{text[: _MAX_LENGTH // 2]}…{text[-_MAX_LENGTH // 2 :]}"
    return printable(text)
