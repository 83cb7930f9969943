# SPDX-License-Identifier: Apache-2.0
"""The access log: one line for each request, without secrets."""

from __future__ import annotations

import logging
import typing as t
from urllib import parse

from cratonclient import secrets
from cratonserver import wsgi_keys
from cratonserver.serving import query_masks

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger("cratonserver.access")

#: The maximum length of a text that the client sent. Longer texts are cut, so that a client
#: cannot fill the disk with log lines.
_MAX_LENGTH = 1000


def log(
    environ: wsgi.WSGIEnvironment,
    request_id: str,
    status: str,
    headers: list[tuple[str, str]],
    seconds: float,
) -> None:
    """Write the line of one request.

    :param environ: WSGI environment of the request; contains the identity of the user if
        the request was authenticated.
    :param request_id: id of the request.
    :param status: status line of the response, such as ``200 OK``.
    :param headers: headers of the response.
    :param seconds: time between request and response.
    """
    watched = environ.get("PATH_INFO") in wsgi_keys.WATCHED_PATHS
    level = logging.DEBUG if watched else logging.INFO
    if not LOG.isEnabledFor(level):
        return
    identity = environ.get(wsgi_keys.IDENTITY)
    fields = {
        "request_id": request_id,
        "client": environ.get("REMOTE_ADDR"),
        "user": identity.username if identity else None,
        "project": identity.project_id if identity else None,
        "method": environ.get("REQUEST_METHOD"),
        "path": _masked_path(environ),
        "status": int(status[:3]),
        "bytes": next((int(v) for n, v in headers if n.lower() == "content-length"), 0),
        "milliseconds": round(seconds * 1000, 1),
        "agent": secrets.mask(environ.get("HTTP_USER_AGENT", ""))[:_MAX_LENGTH],
    }
    LOG.log(level, "request", extra={"fields": fields})


def _masked_path(environ: wsgi.WSGIEnvironment) -> str:
    """Return the path and the query in ASCII, without searched values and secrets."""
    path = parse.quote(environ.get("PATH_INFO", ""), encoding="latin-1")
    query = environ.get("QUERY_STRING", "")
    shown = f"{path}?{query_masks.mask_query(query)}" if query else path
    return secrets.mask(shown)[:_MAX_LENGTH]
