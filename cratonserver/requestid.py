# SPDX-License-Identifier: Apache-2.0
"""An id for every request, under which the log has it."""

from __future__ import annotations

import typing as t
import uuid

if t.TYPE_CHECKING:
    from _typeshed import wsgi

#: Where the id is in the environment of a request.
KEY = "cratonserver.request_id"


class RequestIds:
    """Mark every answer of an application with an id of its own.

    :param application: of WSGI.
    """

    def __init__(self, application: wsgi.WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: wsgi.WSGIEnvironment, start_response: wsgi.StartResponse
    ) -> t.Iterable[bytes]:
        """Make the id; one that the client sends is not believed."""
        request_id = environ[KEY] = f"req-{uuid.uuid4()}"

        def start(status: str, headers: list[tuple[str, str]], *failure: t.Any) -> t.Any:
            marked = [*headers, ("x-openstack-request-id", request_id)]
            return start_response(status, marked, *failure)

        return self._application(environ, t.cast("t.Any", start))
