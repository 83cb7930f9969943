# SPDX-License-Identifier: Apache-2.0
"""The names under which the layers of the server pass values in the WSGI environment.

Clients cannot set them: whatever comes from the network begins with ``HTTP_``.
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

#: The path that load balancers ask. It is served when nothing else is, and not logged.
HEALTHCHECK_PATH = "/healthcheck"


def log_fields(environ: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Return the ``extra`` of a log record about a request.

    :param environ: WSGI environment of the request.
    """
    return {"fields": {"request_id": environ.get(REQUEST_ID)}}
