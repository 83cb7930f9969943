# SPDX-License-Identifier: Apache-2.0
"""Find the root cause of a connection error in nested exceptions of HTTP libraries."""

from __future__ import annotations

import typing as t

from cratonclient import secrets
from cratonclient.printable import printable

#: Exceptions of requests and urllib3 for responses that cannot be read, by class name,
#: so that this module imports neither library.
_BROKEN = {
    "ChunkedEncodingError": "the response is incomplete",
    "IncompleteRead": "the response is incomplete",
    "ContentDecodingError": "the response cannot be decompressed",
    "InvalidHeader": "the response has an invalid header",
    "LineTooLong": "the response has a line that is too long",
    "BadStatusLine": "the response is not HTTP",
    "RemoteDisconnected": "the server closed the connection without a response",
}
#: Exceptions before the first byte of a request was sent, by class name.
_UNSENT = {
    *("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError"),
    *("ConnectionRefusedError", "gaierror", "SSLCertVerificationError"),
}
#: Exceptions of TLS after the handshake. Other ones are from the handshake.
_LATE_TLS = {"SSLEOFError", "SSLZeroReturnError"}
#: The start of the messages of errors without an error number, whose text is the reason.
_TELLING = ("Tunnel connection failed", "got more than")


def reason(message: str, exception: BaseException) -> str:
    """Return one line with the reason why a connection failed.

    The message of keystoneauth1 quotes the message of requests, which quotes urllib3,
    which quotes the operating system. Only the innermost message is useful.

    :param message: message of the outermost exception. Text after a colon and a space
        is ignored.
    :param exception: the outermost exception.

    >>> reason('Unable to establish connection to http://h: …', error)
    'Unable to establish connection to http://h: Connection refused'
    """
    summary = secrets.mask(message.partition(": ")[0])
    for cause in chain(exception):
        broken = _BROKEN.get(type(cause).__name__)
        if broken:
            return f"{summary.removeprefix('Unexpected exception for ')}: {broken}"
        if isinstance(cause, OSError) and cause.strerror:
            return f"{summary}: {cause.strerror}"
        if str(cause).startswith(_TELLING):
            return f"{summary}: {printable(secrets.mask(str(cause)))}"
    return summary


def is_read_timeout(exception: BaseException) -> bool:
    """Return True if a server accepted a request and then sent no response in time.

    After the last retry, requests reports such a timeout as a connection error.
    """
    import urllib3

    return any(
        isinstance(cause, urllib3.exceptions.ReadTimeoutError) for cause in chain(exception)
    )


def may_be_sent(exception: BaseException) -> bool:
    """Return True if a server may have received a request, in any of its attempts.

    :param exception: the exception of a request without a response.
    """
    found = [*chain(exception)]
    names = {type(one).__name__ for one in found}
    is_handshake = "SSLError" in names and not names & _LATE_TLS
    if not (names & _UNSENT or is_handshake):
        return True
    attempts = [one for cause in found for one in getattr(cause, "attempts", ())]
    return any(may_be_sent(one) for one in attempts)


def chain(error: BaseException) -> t.Iterator[BaseException]:
    """Yield an exception and its causes, outermost first.

    The HTTP libraries keep the cause in ``reason``, in ``args`` or in ``__cause__``.
    """
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        yield cause
        inner = [getattr(cause, "reason", None), *cause.args]
        cause = next((one for one in inner if isinstance(one, BaseException)), None)
        cause = cause or seen[-1].__cause__ or seen[-1].__context__
