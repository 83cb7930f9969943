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

#: The limit that was reached, if the request was refused because of one: the reason of a
#: :class:`cratonserver.errors.Refused`. The metrics count refusals by it.
REASON = "cratonserver.reason"

#: The path of the health check. A busy server still serves it, and the access log omits it.
HEALTHCHECK_PATH = "/healthcheck"


def log_fields(environ: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the ``extra`` of a log record about a request.

    :param environ: WSGI environment of the request.
    """
    return {"fields": {"request_id": environ.get(REQUEST_ID)}}
