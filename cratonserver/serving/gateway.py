# SPDX-License-Identifier: Apache-2.0
"""The outermost WSGI layer.

It gives every request an id and a deadline, turns the errors of all inner layers into JSON
error responses, and writes the access log.
"""

from __future__ import annotations

import http
import http.client
import json
import logging
import time
import typing as t
import uuid

from cratonserver import deadlines, errors, request_limits, wsgi_keys
from cratonserver.config import settings
from cratonserver.serving import access_log, limit_log
from cratonserver.serving.holders import holder

if t.TYPE_CHECKING:
    from _typeshed import wsgi

    from cratonserver.metrics.collection import Metrics

LOG = logging.getLogger(__name__)

Headers = list[tuple[str, str]]

#: Headers of every response, refusals included. A cache between the server and its clients
#: must not store a response. If it does so in spite of that, it must not use it for a request
#: with other credentials.
NOT_CACHED: Headers = [
    ("Cache-Control", "no-store"),
    ("Vary", "X-Auth-Token, X-Auth-User, X-Auth-Project, X-Service-Token, Authorization"),
]


class Gateway:
    """A WSGI application that passes requests to another one.

    :param application: WSGI application to call.
    :param log: settings that say what to log.
    :param limits: limits of each request.
    :param metrics: the metrics that count requests, ``None`` to count nothing.
    """

    def __init__(
        self,
        application: wsgi.WSGIApplication,
        log: settings.Log,
        *,
        limits: settings.Limits = settings.Limits(),  # noqa: B008, it is immutable
        metrics: Metrics | None = None,
    ) -> None:
        self._application = application
        self._log = log
        self._limits = limits
        self._metrics = metrics

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Respond to a request. Ignore a request id that the client sent."""
        began = time.perf_counter()
        request_id = environ[wsgi_keys.REQUEST_ID] = f"req-{uuid.uuid4()}"
        try:
            with (
                request_limits.of(self._limits, holder(environ.get("REMOTE_ADDR") or "")),
                deadlines.limit(self._limits.request_deadline, environ.get(wsgi_keys.DEADLINE)),
            ):
                status, headers, body = self._respond(environ)
        except errors.Refused as exc:
            environ[wsgi_keys.REFUSAL] = exc
            status, headers, body = error(exc.status, exc.message, exc.headers)
        except Exception:
            LOG.exception(
                "%s failed", environ["REQUEST_METHOD"], extra=wsgi_keys.log_fields(environ)
            )
            status, headers, body = error(500, errors.UNKNOWN)
        if wsgi_keys.WAIT not in environ:  # the HTTP server will repeat the request
            self._note(environ, request_id, status, headers, time.perf_counter() - began)
        if environ["REQUEST_METHOD"] == "HEAD":
            _close(body)
            body = []
        start_response(status, [*headers, *NOT_CACHED, ("x-openstack-request-id", request_id)])
        return body

    def _note(
        self,
        environ: wsgi.WSGIEnvironment,
        request_id: str,
        status: str,
        headers: Headers,
        seconds: float,
    ) -> None:
        """Write the log lines of a request, and count it."""
        if self._log.access_log:
            access_log.log(environ, request_id, status, headers, seconds)
        refused = environ.get(wsgi_keys.REFUSAL)
        if refused is not None and self._log.limit_log:
            limit_log.LIMITS.refused(environ, refused)
        if self._metrics is not None:
            path = environ.get("PATH_INFO", "")
            self._metrics.answered(environ["REQUEST_METHOD"], path, int(status[:3]), seconds)
            if refused is not None:
                self._metrics.refused(refused)

    def _respond(self, environ: wsgi.WSGIEnvironment) -> tuple[str, Headers, t.Iterable[bytes]]:
        """Call the application and return its response, whose body may be a file.

        An error response that is not JSON is replaced: it comes from a library, and clients
        expect Craton's error format.
        """
        if wsgi_keys.REFUSED in environ:
            raise environ[wsgi_keys.REFUSED]
        started: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: t.Any = None) -> t.Any:
            started[:] = [(status, headers)]

        body = self._application(environ, start)
        status, headers = started[0]
        code = int(status[:3])
        if code >= 400 and not _is_json(headers):
            _close(body)
            return error(code, http.HTTPStatus(code).phrase)
        return status, headers, body


def error(
    status: int, message: str, headers: t.Mapping[str, str] | None = None
) -> tuple[str, Headers, list[bytes]]:
    """Build an error response: status line, headers and body.

    :param status: HTTP status, such as 404.
    :param message: message for the client.
    :param headers: additional headers.
    """
    body = json.dumps({"message": message, "status": status}, indent=2).encode() + b"\n"
    return (
        f"{status} {http.client.responses.get(status, 'Unknown')}",
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            *(headers or {}).items(),
        ],
        [body],
    )


def _close(body: t.Iterable[bytes]) -> None:
    """Close the body of a response that is not sent."""
    if hasattr(body, "close"):
        body.close()


def _is_json(headers: Headers) -> bool:
    return any(
        name.lower() == "content-type" and value.startswith("application/json")
        for name, value in headers
    )
