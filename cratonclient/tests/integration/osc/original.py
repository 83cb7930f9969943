# SPDX-License-Identifier: Apache-2.0
"""A fleet in a file that behaves like an original server of 2017: without any feature."""

from __future__ import annotations

import contextlib
import re
import typing as t
from unittest import mock

import requests

from cratonclient.http import response
from cratonserver import embedded

#: The paths that an original server does not have. A collection of this project, such as
#: ``/v1/user-keys``, does not count: its commands cannot work there.
_NEW_PATHS = re.compile(
    r"/(v1/?)?$|/v1/(changes|lookups|identity|quotas|webhooks|openapi\.json)\b|.*/deletion$"
)
#: The headers that an original server does not read, and does not send.
_NEW_HEADERS = (
    *("If-Match", "If-None-Match", "X-Craton-Reason", "ETag", "X-Craton-Revision"),
    response.ROW_TAGS,
)


@contextlib.contextmanager
def served() -> t.Iterator[list[str]]:
    """Take the features away from all fleets in files. Return the paths that were missing."""
    missing: list[str] = []
    send = embedded.Adapter.send

    def limited(
        self: t.Any, request: requests.PreparedRequest, *args: t.Any, **keywords: t.Any
    ) -> requests.Response:
        for name in _NEW_HEADERS:
            request.headers.pop(name, None)
        found = send(self, request, *args, **keywords)
        for name in _NEW_HEADERS:
            found.headers.pop(name, None)
        return found

    def original(
        self: t.Any, request: requests.PreparedRequest, *args: t.Any, **keywords: t.Any
    ) -> requests.Response:
        path = str(request.path_url).partition("?")[0]
        if not _NEW_PATHS.fullmatch(path) and not _NEW_PATHS.match(path):
            return limited(self, request, *args, **keywords)
        missing.append(path)
        unknown = request.copy()
        unknown.method, unknown.body = "GET", None
        unknown.url = str(request.url).partition("/v1")[0] + "/v1/nothing"
        return limited(self, unknown, *args, **keywords)

    with mock.patch.object(embedded.Adapter, "send", original):
        yield missing
