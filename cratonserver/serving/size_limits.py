# SPDX-License-Identifier: Apache-2.0
"""What a request may be at most, whichever server takes it in.

``craton-server run`` refuses most of this before it is read, see
:mod:`cratonserver.serving.server`; behind another WSGI server this is what refuses it.
"""

from __future__ import annotations

import io
import typing as t

from cratonserver import errors
from cratonserver.config.settings import Limits

if t.TYPE_CHECKING:
    from _typeshed import wsgi


class Limited:
    """Pass on what is not too large.

    :param application: of WSGI.
    :param limits: what is.
    """

    def __init__(self, application: wsgi.WSGIApplication, limits: Limits) -> None:
        self._application = application
        self._limits = limits

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Refuse what is too large, before any of it is read.

        :raises cratonserver.errors.Refused: with status 400, 411, 413 or 414.
        """
        length = len(environ.get("PATH_INFO", "")) + len(environ.get("QUERY_STRING", ""))
        if length > self._limits.url_length:
            raise errors.Refused(
                414, f"The URL is too long: it may have {self._limits.url_length} bytes."
            )
        if environ.get("HTTP_TRANSFER_ENCODING"):
            _read_chunks(environ, self._limits.body_size)
        elif _declared(environ) > self._limits.body_size:
            raise too_large(self._limits.body_size)
        return self._application(environ, start_response)


def too_large(limit: int) -> errors.Refused:
    """Make the error for a body that is too large."""
    return errors.Refused(413, f"The body is too large: it may have {limit} bytes.")


def _declared(environ: wsgi.WSGIEnvironment) -> int:
    """Give the length that a request says its body has."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise errors.Refused(400, f"Content-Length: {length[:20]!r} is not a number of bytes")
    return int(length)


def _read_chunks(environ: wsgi.WSGIEnvironment, limit: int) -> None:
    """Read a body that comes in chunks, so that its length is known."""
    if not environ.get("wsgi.input_terminated"):
        raise errors.Refused(411, "The length of the body is not known: send Content-Length.")
    body = environ["wsgi.input"].read(limit + 1)
    if len(body) > limit:
        raise too_large(limit)
    del environ["HTTP_TRANSFER_ENCODING"]
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
