# SPDX-License-Identifier: Apache-2.0
"""The access log: one line for each request, without secrets."""

from __future__ import annotations

import logging
import re
import typing as t
from urllib import parse

from cratonserver.api import health
from cratonserver.auth import local

if t.TYPE_CHECKING:
    from _typeshed import wsgi

LOG = logging.getLogger("cratonserver.access")

#: Longer texts of a client are cut: the log is not its to fill.
_LONGEST = 1000

#: A parameter whose name, or a query for variables in which something, is called so.
_SECRET = re.compile("key|pass|secret|token|credential", re.IGNORECASE)


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
    level = logging.DEBUG if environ.get("PATH_INFO") == health.PATH else logging.INFO
    if not LOG.isEnabledFor(level):
        return
    who = environ.get(local.IDENTITY_KEY)
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
    name, equals, value = pair.partition("=")
    told = parse.unquote_plus(value if name == "vars" else name)
    return f"{name}{equals}***" if value and _SECRET.search(told) else pair
