# SPDX-License-Identifier: Apache-2.0
"""Exit statuses, the one-line message of each error, and the errors of the commands."""

from __future__ import annotations

from cratonclient import exceptions, paths, secrets
from cratonclient.printable import one_line

DONE, FAILED, USAGE, INVALID, DENIED = range(5)
NOT_FOUND, CONFLICT, UNREACHABLE, SERVER_ERROR = range(5, 9)
INTERRUPTED, OUTPUT_CLOSED = 130, 141


class UsageError(exceptions.CommandError):
    """The command line is wrong."""


Ambiguous = exceptions.Ambiguous


class PartialFailure(exceptions.CommandError):
    """One change failed after another one was made."""


#: The maximum length of a message, in characters.
_MAX_LENGTH = 2000

_CREDENTIALS = "Check the user name, the password (API key) and the project id."
_PROXY = "Check the user name and the password in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY."
_OUTCOME = "To see it, use 'craton change list', or show the object."
_URL = "Check the URL of the Craton server, and that the server is running."

#: The class, the exit status and a hint for the user. The first class that matches an
#: error wins.
_TABLE: tuple[tuple[type[exceptions.ClientException], int, str], ...] = (
    (UsageError, USAGE, ""),
    (paths.PathError, USAGE, ""),
    (exceptions.ConfigurationError, USAGE, ""),
    (Ambiguous, NOT_FOUND, ""),
    (exceptions.BadRequest, INVALID, ""),
    (exceptions.UnprocessableEntity, INVALID, ""),
    (exceptions.Unauthorized, DENIED, _CREDENTIALS),
    (exceptions.ProxyAuthenticationRequired, DENIED, _PROXY),
    (exceptions.Forbidden, DENIED, ""),
    (exceptions.UnableToAuthenticate, DENIED, ""),
    (exceptions.NotFound, NOT_FOUND, ""),
    (exceptions.Conflict, CONFLICT, ""),
    (exceptions.PreconditionFailed, CONFLICT, ""),
    (exceptions.Timeout, UNREACHABLE, _URL),
    (exceptions.ConnectionFailed, UNREACHABLE, ""),
    (exceptions.EndpointNotFound, UNREACHABLE, ""),
    (exceptions.TransportNotFound, UNREACHABLE, ""),
    (exceptions.UnexpectedResponse, SERVER_ERROR, ""),
    (exceptions.HTTPRedirection, SERVER_ERROR, ""),
    (exceptions.HTTPServerError, SERVER_ERROR, ""),
)


def status_of(error: Exception) -> int:
    """Return the exit status for an error.

    >>> status_of(exceptions.NotFound())
    5
    """
    return _row(error)[0]


def message_of(error: Exception) -> str:
    """Return a message for an error in one line, with a hint what to do.

    The message contains no secrets and no control characters. A message that is too
    long is cut and ends in ``…``.
    """
    text = secrets.mask(one_line(str(error)))
    if len(text) > _MAX_LENGTH:
        text = f"{text[:_MAX_LENGTH]} …"
    hint = _OUTCOME if getattr(error, "outcome_unknown", False) else _row(error)[1]
    return f"{text} {hint}".rstrip()


def _row(error: Exception) -> tuple[int, str]:
    for cls, status, hint in _TABLE:
        if isinstance(error, cls):
            return status, hint
    return FAILED, ""


def ended(line: str, status: int) -> str:
    """Return a sentence about a line that failed, without the secrets in it.

    A program of the shell, such as ``grep``, may fail without a message of its own.

    :param line: the line.
    :param status: its exit status.

    >>> ended("cloud list | grep nothing", 1)
    "'cloud list | grep nothing' ended with exit status 1."
    """
    shown = " ".join(secrets.mask_joined_words(line).split())
    if len(shown) > 100:
        shown = f"{shown[:96]} ..."
    return f"{shown!r} ended with exit status {status}."
