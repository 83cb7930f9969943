# SPDX-License-Identifier: Apache-2.0
"""The keys of the WSGI environment that the layers of the server share.

Clients cannot set them, because keys for HTTP headers begin with ``HTTP_``.
"""

from __future__ import annotations

import typing as t

#: The id of the request.
REQUEST_ID = "cratonserver.request_id"

#: The identity of the user, a :class:`cratonserver.identity.Identity`.
IDENTITY = "cratonserver.identity"

#: A :class:`cratonserver.errors.Refused`, if the request was refused before it reached
#: the application.
REFUSED = "cratonserver.refused"

#: The :class:`cratonserver.errors.Refused` with which any layer responded to the request.
REFUSAL = "cratonserver.refusal"

#: The :class:`cratonserver.deadlines.Deadline` of the request, if the HTTP server set one that
#: it may move.
DEADLINE = "cratonserver.deadline"

#: True if the HTTP server can wait for something without a thread, see :data:`WAIT`.
CAN_WAIT = "cratonserver.can_wait"
#: A :class:`Wait`: the HTTP server waits, and then handles the request again.
WAIT = "cratonserver.wait"

#: True if the headers of trusted proxies have been applied.
FORWARDED = "cratonserver.forwarded"

#: The path of the health check.
HEALTHCHECK_PATH = "/healthcheck"
#: The path of the liveness check, which does not use the database.
LIVENESS_PATH = "/livez"
#: The path of the metrics.
METRICS_PATH = "/metrics"
#: The paths with which operators watch the server. A busy server still serves them, and the
#: access log omits them.
WATCHED_PATHS = frozenset({HEALTHCHECK_PATH, LIVENESS_PATH, METRICS_PATH})


class Wait(t.NamedTuple):
    """The wish of a response to wait for a change.

    :param seconds: how long it waits at most.
    :param begin: function that begins to wait. It takes a function to call from any thread
        when there is something, and returns a function that ends waiting.
    """

    seconds: float
    begin: t.Callable[[t.Callable[[], object]], t.Callable[[], None]]


def log_fields(environ: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the ``extra`` of a log record about a request.

    :param environ: WSGI environment of the request.
    """
    return {"fields": {"request_id": environ.get(REQUEST_ID)}}
