# SPDX-License-Identifier: Apache-2.0
"""The access log: one line for each request, without secrets."""

from __future__ import annotations

import logging
import typing as t
from urllib import parse

from cratonclient import secrets
from cratonserver import wsgi_keys

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger("cratonserver.access")

#: Longer texts of a client are cut: the log is not its to fill.
_LONGEST = 1000


def log(
    environ: wsgi.WSGIEnvironment,
    request_id: str,
    status: str,
    headers: list[tuple[str, str]],
    seconds: float,
) -> None:
    """Write a line about a request that was answered.

    :param environ: of WSGI; who asked is in it, if that was found out.
    :param status: such as ``200 OK``.
    :param headers: of the answer.
    :param seconds: that it took.
    """
    level = (
        logging.DEBUG
        if environ.get("PATH_INFO") == wsgi_keys.HEALTHCHECK_PATH
        else logging.INFO
    )
    if not LOG.isEnabledFor(level):
        return
    who = environ.get(wsgi_keys.IDENTITY)
    fields = {
        "request_id": request_id,
        "client": environ.get("REMOTE_ADDR"),
        "user": who.username if who else None,
        "project": who.project_id if who else None,
        "method": environ.get("REQUEST_METHOD"),
        "path": _path(environ),
        "status": int(status[:3]),
        "bytes": next((int(v) for n, v in headers if n.lower() == "content-length"), 0),
        "milliseconds": round(seconds * 1000, 1),
        "agent": environ.get("HTTP_USER_AGENT", "")[:_LONGEST],
    }
    LOG.log(level, "request", extra={"fields": fields})


def _path(environ: wsgi.WSGIEnvironment) -> str:
    """Give the path and the query, in ASCII and without the values of secrets."""
    path = parse.quote(environ.get("PATH_INFO", ""), encoding="latin-1")
    query = environ.get("QUERY_STRING", "")
    masked = "&".join(_masked(pair) for pair in query.split("&"))
    return (f"{path}?{masked}" if query else path)[:_LONGEST]


def _masked(pair: str) -> str:
    name, _, value = pair.partition("=")
    telling = parse.unquote_plus(value if name == "vars" else name)
    return f"{name}={secrets.MASK}" if value and secrets.names_secret(telling) else pair
