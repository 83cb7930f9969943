# SPDX-License-Identifier: Apache-2.0
"""The errors that the server answers with (wire document, section 11)."""

from __future__ import annotations

import collections.abc


class Refused(Exception):
    """A request is answered with an error.

    :param status: of HTTP, 400 or more.
    :param message: what the client is told.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def invalid(problems: collections.abc.Iterable[str]) -> Refused:
    """Make the error for a request with one or more things wrong in it."""
    lines = "".join(f"\n- {problem}" for problem in sorted(problems))
    return Refused(400, f"The request included the following errors:{lines}")


def not_found() -> Refused:
    """Make the error for an object that does not exist, or is not visible."""
    return Refused(404, "Not Found")
