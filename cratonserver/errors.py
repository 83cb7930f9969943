# SPDX-License-Identifier: Apache-2.0
"""The errors that the server answers with (wire document, section 11)."""

from __future__ import annotations

import collections.abc

from cratonclient.printable import printable

#: The most characters of a line of a message. What a client sent is repeated in
#: messages, and may be as long as it likes.
_MOST = 400
#: What a client is told of an error that only the log explains.
UNKNOWN = "An unknown exception occurred"


class Refused(Exception):
    """A request is answered with an error.

    :param status: of HTTP, 400 or more.
    :param lines: what the client is told, shortened where it is too long.
    :param headers: more for the answer.
    """

    def __init__(
        self,
        status: int,
        *lines: str,
        headers: collections.abc.Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = "\n".join(map(brief, lines))
        self.headers = dict(headers or {})
        super().__init__(self.message)


def invalid(problems: collections.abc.Iterable[str]) -> Refused:
    """Make the error for a request with one or more things wrong in it."""
    lines = [f"- {problem}" for problem in sorted(problems)]
    return Refused(400, "The request included the following errors:", *lines)


def missing_role(role: str) -> Refused:
    """Make the error for a user who may not do what is asked (section 13.2)."""
    return Refused(403, f"This action requires the '{role}' role")


def not_found() -> Refused:
    """Make the error for an object that does not exist, or is not visible."""
    return Refused(404, "Not Found")


def brief(text: str) -> str:
    """Leave out the middle of a text that is too long, and make the rest printable.

    >>> brief("'" + 1000 * "x" + "' is too long")[-20:]
    "xxxxx' is too long"
    """
    if len(text) > _MOST:
        text = f"{text[: _MOST // 2]}…{text[-_MOST // 2 :]}"
    return printable(text)
