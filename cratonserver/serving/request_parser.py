# SPDX-License-Identifier: Apache-2.0
"""How ``craton-server run`` reads requests, and which it refuses unread."""

from __future__ import annotations

import string
import time
import typing as t

from waitress import parser, utilities

from cratonserver import errors
from cratonserver.serving import size_limits

#: What a request may begin with: a method, or an empty line before it. Whoever speaks
#: TLS to this server would wait for an answer that cannot come.
_BEGINS = frozenset(bytes([c]) for c in b"\r\n!#$%&'*+-.^_`|~" + string.ascii_letters.encode())


class Problem(utilities.Error):
    """What is wrong with a request, where waitress looks whether anything is.

    :param refused: what is answered.
    """

    def __init__(self, refused: errors.Refused) -> None:
        super().__init__(refused.message)
        self.refused = refused


class Parser(parser.HTTPRequestParser):
    """Read one request, but no two servers may be able to read it in two ways."""

    # What is known of a request that broke off before it said so.
    command = request_uri = path = query = ""
    url_scheme = "http"
    error: utilities.Error | None

    def __init__(self, adj: t.Any) -> None:
        super().__init__(adj)
        self.began = time.monotonic()

    def received(self, data: bytes) -> int:
        """Take in bytes; give how many of them are of this request."""
        if data and not (self.headers_finished or self.header_plus) and data[:1] not in _BEGINS:
            self.refuse(errors.Refused(400, "The request is not HTTP; TLS is a proxy's work."))
            return len(data)
        first_line_ended = b"\n" in self.header_plus or b"\n" in data
        try:
            consumed = int(super().received(data))
        except ValueError:  # such as a length with too many digits
            consumed = len(data)
            self.refuse(errors.Refused(400, "The request is not HTTP."))
        if self.error and not isinstance(self.error, Problem):
            self.refuse(self._in_our_words(self.error, first_line_ended))
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers."""
        super().parse_header(header_plus)
        names = header_plus.upper()
        if b"\r\nTRANSFER-ENCODING:" in names and (
            b"\r\nCONTENT-LENGTH:" in names or self.version != "1.1"
        ):
            raise parser.ParsingError("Transfer-Encoding has no place in it")

    def refuse(self, refused: errors.Refused) -> None:
        """Read no further."""
        self.error = Problem(refused)
        self.completed = True
        self.expect_continue = False

    def _in_our_words(self, error: utilities.Error, first_line_ended: bool) -> errors.Refused:
        if error.code == 413:
            return size_limits.too_large(self.adj.max_request_body_size - 1)
        if error.code == 431 and not first_line_ended:
            return errors.Refused(414, "The URL is too long.")
        if error.code == 431:
            most = self.adj.max_request_header_size - 1
            return errors.Refused(431, f"The headers are too long: they may have {most} bytes.")
        if error.code == 501:
            return errors.Refused(501, "The only Transfer-Encoding that is known is chunked.")
        return errors.Refused(400, f"The request is not HTTP: {error.body}.")
