# SPDX-License-Identifier: Apache-2.0
"""Exit statuses, and the line that says what went wrong."""

from __future__ import annotations

from cratonclient import exceptions, paths, secrets
from cratonclient.printable import printable

DONE, FAILED, USAGE, INVALID, DENIED = range(5)
NOT_FOUND, CONFLICT, UNREACHABLE, SERVER_ERROR = range(5, 9)
INTERRUPTED, OUTPUT_CLOSED = 130, 141


class UsageError(exceptions.CommandError):
    """What was typed cannot be meant."""


class Ambiguous(exceptions.CommandError):
    """A name means more than one object."""


class Partly(exceptions.CommandError):
    """Something was done, and something else could not be."""


#: Characters of what a server says that help anybody.
_LONGEST = 2000

_CREDENTIALS = "Check the user name, the password (API key) and the project id."
_URL = "Check the URL of Craton, and that the server runs."

#: The first class that an error belongs to decides: status, and what to do.
_TABLE: tuple[tuple[type[exceptions.ClientException], int, str], ...] = (
    (UsageError, USAGE, ""),
    (paths.PathError, USAGE, ""),
    (exceptions.ConfigurationError, USAGE, ""),
    (Ambiguous, NOT_FOUND, ""),
    (exceptions.BadRequest, INVALID, ""),
    (exceptions.UnprocessableEntity, INVALID, ""),
    (exceptions.Unauthorized, DENIED, _CREDENTIALS),
    (exceptions.Forbidden, DENIED, ""),
    (exceptions.UnableToAuthenticate, DENIED, ""),
    (exceptions.NotFound, NOT_FOUND, ""),
    (exceptions.Conflict, CONFLICT, ""),
    (exceptions.Timeout, UNREACHABLE, _URL),
    (exceptions.ConnectionFailed, UNREACHABLE, ""),
    (exceptions.EndpointNotFound, UNREACHABLE, ""),
    (exceptions.TransportNotFound, UNREACHABLE, ""),
    (exceptions.UnexpectedResponse, SERVER_ERROR, ""),
    (exceptions.HTTPRedirection, SERVER_ERROR, ""),
    (exceptions.HTTPServerError, SERVER_ERROR, ""),
)


def of(error: Exception) -> int:
    """Give the exit status that stands for an error."""
    return _row(error)[0]


def line(error: Exception) -> str:
    """Say in one line what went wrong and what to do about it."""
    told = secrets.mask("; ".join(str(error).splitlines()))
    if len(told) > _LONGEST:
        told = f"{told[:_LONGEST]} …"
    said = printable(told.replace(":; - ", ": "))
    return f"{said.replace('; - ', '; ')} {_row(error)[1]}".rstrip()


def _row(error: Exception) -> tuple[int, str]:
    for cls, status, hint in _TABLE:
        if isinstance(error, cls):
            return status, hint
    return FAILED, ""
