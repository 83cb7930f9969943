# SPDX-License-Identifier: Apache-2.0
"""Read the body of a response, and check that it is a JSON object."""

from __future__ import annotations

import collections.abc
import typing as t

from cratonclient import exceptions
from cratonclient.printable import printable

if t.TYPE_CHECKING:
    import requests


def body_of(response: requests.Response) -> dict[str, t.Any]:
    """Return the body of a response as a dictionary.

    :param response: response of a Craton server.
    :raises cratonclient.exceptions.UnexpectedResponse: if the body is not a JSON object.
    """
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, collections.abc.Mapping):
        return t.cast("dict[str, t.Any]", body)
    content_type = printable(response.headers.get("Content-Type", "none"))
    raise exceptions.UnexpectedResponse(
        f"The response from {response.url} is not a JSON object (content type: "
        f"{content_type}). Check that the URL belongs to a Craton server.",
        response=response,
    )
