# SPDX-License-Identifier: Apache-2.0
"""Size limits of requests, behind any WSGI server.

``craton-server run`` refuses large bodies before it reads them, see
:mod:`cratonserver.serving.bridge`. Another WSGI server does not, so this layer checks again.
"""

from __future__ import annotations

import io
import typing as t

from cratonserver import errors
from cratonserver.config.settings import Limits

if t.TYPE_CHECKING:
    from _typeshed import wsgi


class SizeLimits:
    """A WSGI layer that refuses requests that are too large.

    :param application: WSGI application to call for all other requests.
    :param limits: the limits.
    """

    def __init__(self, application: wsgi.WSGIApplication, limits: Limits) -> None:
        self._application = application
        self._limits = limits

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Check the size of a request, before the body is read where that is possible.

        :raises cratonserver.errors.Refused: with status 400, 411, 413 or 414.
        """
        length = len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", ""))
        if length > self._limits.url_length:
            raise errors.Refused(
                414,
                f"The URL is too long: the limit is {self._limits.url_length} bytes.",
                reason="url_length",
            )
        if environ.get("HTTP_TRANSFER_ENCODING"):
            _read_chunks(environ, self._limits.body_size)
        elif content_length(environ) > self._limits.body_size:
            raise too_large(self._limits.body_size)
        return self._application(environ, start_response)


def too_large(limit: int) -> errors.Refused:
    """Return the error for a body that is too large.

    :param limit: maximum size in bytes.
    """
    message = f"The body is too large: the limit is {limit} bytes."
    return errors.Refused(413, message, reason="body_size")


def content_length(environ: wsgi.WSGIEnvironment) -> int:
    """Return the Content-Length of a request, or 0.

    :raises cratonserver.errors.Refused: with status 400.
    """
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise errors.Refused(400, f"Content-Length: {length[:20]!r} is not a number of bytes")
    return int(length)


def _read_chunks(environ: wsgi.WSGIEnvironment, limit: int) -> None:
    """Read a chunked body and replace it with one of known length."""
    # Without this flag of the WSGI server, reading would block at the end of the body.
    if not environ.get("wsgi.input_terminated"):
        raise errors.Refused(
            411, "The server cannot read a chunked body: send Content-Length instead."
        )
    body = environ["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        raise too_large(limit)
    del environ["HTTP_TRANSFER_ENCODING"]
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
