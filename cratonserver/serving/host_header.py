# SPDX-License-Identifier: Apache-2.0
"""The header ``Host``: a request has exactly one (RFC 9112, 3.2).

Links in responses contain it. A proxy or a cache may read another one of several.
"""

from __future__ import annotations

import re
import typing as t

from cratonserver import errors

if t.TYPE_CHECKING:
    from _typeshed import wsgi

#: A name or an address, and a port. Servers join several headers with commas.
_HOST = re.compile(r"([A-Za-z0-9._~%-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")


class OneHost:
    """A WSGI layer that refuses requests without a valid host.

    :param application: WSGI application to call for all other requests.
    """

    def __init__(self, application: wsgi.WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Check the host of a request.

        :raises cratonserver.errors.Refused: with status 400.
        """
        host = environ.get("HTTP_HOST", "")
        if not host and environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
            environ.pop("HTTP_HOST", None)  # the address of the server takes its place
        elif not _HOST.fullmatch(host):
            raise errors.Refused(400, "The request must have exactly one valid header Host.")
        return self._application(environ, start_response)
