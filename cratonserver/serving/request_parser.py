# SPDX-License-Identifier: Apache-2.0
"""The request parser of ``craton-server run``.

It refuses requests that are too large, that are not HTTP, or that a proxy could read in
another way (request smuggling).
"""

from __future__ import annotations

import string
import time
import typing as t

from waitress import parser, utilities

from cratonserver import errors
from cratonserver.serving import size_limits

#: The bytes that a request may start with: those of a method, or of an empty line. A client
#: that speaks TLS is refused by its first byte; otherwise both sides wait for each other.
_FIRST_BYTES = frozenset(
    bytes([c]) for c in b"\r\n!#$%&'*+-.^_`|~" + string.ascii_letters.encode()
)


class RequestError(utilities.Error):
    """The error of a request, in the form in which waitress expects it.

    :param refused: the error for the client.
    """

    def __init__(self, refused: errors.Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class Parser(parser.HTTPRequestParser):
    """A parser for one request, stricter than waitress's own."""

    # Defaults for a request that is refused before its first line is complete.
    command = request_uri = path = query = ""
    url_scheme = "http"
    error: utilities.Error | None

    def __init__(self, adj: t.Any) -> None:
        super().__init__(adj)
        self.began = time.monotonic()

    def received(self, data: bytes) -> int:
        """Read bytes and return how many of them belong to this request."""
        if (
            data
            and not (self.headers_finished or self.header_plus)
            and data[:1] not in _FIRST_BYTES
        ):
            self.refuse(
                errors.Refused(
                    400, "The request is not HTTP. For TLS, use a proxy in front of the server."
                )
            )
            return len(data)
        first_line_ended = b"\n" in self.header_plus or b"\n" in data
        try:
            consumed = int(super().received(data))
        except ValueError:  # such as a Content-Length with too many digits
            consumed = len(data)
            self.refuse(errors.Refused(400, "The request is not valid HTTP."))
        if self.error and not isinstance(self.error, RequestError):
            self.refuse(self._translate(self.error, first_line_ended))
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers.

        :raises waitress.parser.ParsingError: if a proxy could see another end of the body.
        """
        super().parse_header(header_plus)
        names = header_plus.upper()
        if b"\r\nTRANSFER-ENCODING:" in names and (
            b"\r\nCONTENT-LENGTH:" in names or self.version != "1.1"
        ):
            raise parser.ParsingError(
                "Transfer-Encoding is allowed in HTTP/1.1 only, and not with Content-Length"
            )

    def refuse(self, refused: errors.Refused) -> None:
        """Set the error of the request and stop reading it."""
        self.error = RequestError(refused)
        self.completed = True
        self.expect_continue = False

    def _translate(self, error: utilities.Error, first_line_ended: bool) -> errors.Refused:
        """Return Craton's error for an error of waitress."""
        if error.code == 413:
            return size_limits.too_large(self.adj.max_request_body_size - 1)
        if error.code == 431 and not first_line_ended:
            return errors.Refused(414, "The URL is too long.", reason="header_size")
        if error.code == 431:
            limit = self.adj.max_request_header_size - 1
            message = f"The headers are too long: the limit is {limit} bytes."
            return errors.Refused(431, message, reason="header_size")
        if error.code == 501:
            return errors.Refused(501, "The Transfer-Encoding is not supported: use chunked.")
        return errors.Refused(400, f"The request is not valid HTTP: {error.body}.")
